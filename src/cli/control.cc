#include "cli/control.hh"

#include <fmt/core.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <sstream>

#include "util/error.hh"

namespace gauntlet {

void print_line(const Json& json) {
  fmt::print("{}\n", json.dump());
  std::fflush(stdout);
}

Control::Control(EventLoop& loop, std::function<Json(const Words&)> command, std::function<Json()> stop)
    : loop_(loop), command_(std::move(command)), stop_(std::move(stop)) {
  loop_.watch(STDIN_FILENO, EventLoop::Ready::read, [this] { return read(); });
}

bool Control::read() {
  std::array<char, 4096> piece;
  const ssize_t got = ::read(STDIN_FILENO, piece.data(), piece.size());
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return false;
  if (got <= 0) {  // whoever steered us is gone
    stop();
    return true;
  }
  pending_.append(piece.data(), static_cast<size_t>(got));
  for (size_t end; !stopped_ && (end = pending_.find('\n')) != std::string::npos;) {
    const std::string text = pending_.substr(0, end);
    pending_.erase(0, end + 1);
    line(text);
  }
  return true;
}

void Control::line(const std::string& text) {
  Words words;
  std::istringstream in(text);
  for (std::string w; in >> w;) words.push_back(w);
  if (words.empty()) return;
  if (words.size() == 1 && words[0] == "stop") return stop();
  try {
    print_line(command_(words));
  } catch (const std::exception& e) {
    print_line({{"error", e.what()}});
  }
}

void Control::stop() {
  if (stopped_) return;
  stopped_ = true;
  loop_.forget(STDIN_FILENO);
  print_line(stop_());
}

}  // namespace gauntlet
