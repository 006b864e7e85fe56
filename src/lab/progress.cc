#include "lab/progress.hh"

#include <fmt/core.h>

namespace gauntlet {

std::string time_left(size_t done, size_t total, Duration since_start) {
  if (done == 0) return "?";
  const double all = std::chrono::duration<double>(since_start).count() / static_cast<double>(done);
  const auto seconds = static_cast<unsigned>(all * static_cast<double>(total - done) + 0.5);
  return seconds < 60 ? fmt::format("{} s", seconds) : fmt::format("{} min {:02} s", seconds / 60, seconds % 60);
}

void Progress::cell(const std::string& line, bool bad) {
  clear();
  ++done_;
  if (bad) ++bad_;
  fmt::print("{}\n", line);
  std::fflush(stdout);
}

void Progress::tick(size_t running, Duration since_start) {
  if (!terminal_) return;
  constexpr size_t kWidth = 30;
  const size_t full = total_ == 0 ? kWidth : kWidth * done_ / total_;
  fmt::print("\r\033[K[{:#<{}}{:.<{}}] {}/{} done, {} not as expected, {} running, {} left", "", full, "",
             kWidth - full, done_, total_, bad_, running, time_left(done_, total_, since_start));
  std::fflush(stdout);
  drawn_ = true;
}

void Progress::clear() {
  if (drawn_) fmt::print("\r\033[K");
  drawn_ = false;
}

}  // namespace gauntlet
