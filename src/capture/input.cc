#include "capture/input.hh"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace gauntlet {
namespace {
constexpr size_t kBuffer = 64 * 1024;
}

void capture_damage(const std::string& path, uint64_t frame, uint64_t offset, const std::string& what) {
  throw CaptureError(fmt::format("{}: frame {}, offset {}: {}", path, frame, offset, what));
}

Input::Input(std::string path)
    : path_(std::move(path)), fd_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC)), buffer_(kBuffer) {
  if (!fd_) throw CaptureError(fmt::format("{}: cannot open the capture: {}", path_, std::strerror(errno)));
}

bool Input::fill() {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  ssize_t got = 0;
  do got = ::read(fd_.get(), buffer_.data() + end_, buffer_.size() - end_);
  while (got < 0 && errno == EINTR);
  if (got < 0) {
    throw CaptureError(fmt::format("{}: offset {}: cannot read: {}", path_, offset_ + end_, std::strerror(errno)));
  }
  end_ += static_cast<size_t>(got);
  return got > 0;
}

ConstBytes Input::peek(size_t n) {
  n = std::min(n, buffer_.size());
  while (end_ - begin_ < n && fill()) {
  }
  return {buffer_.data() + begin_, std::min(n, end_ - begin_)};
}

size_t Input::read(uint8_t* to, size_t n) {
  size_t done = 0;
  while (done < n && (begin_ < end_ || fill())) {
    const size_t part = std::min(n - done, end_ - begin_);
    if (to != nullptr) std::memcpy(to + done, buffer_.data() + begin_, part);
    begin_ += part;
    offset_ += part;
    done += part;
  }
  return done;
}

size_t Input::skip(size_t n) { return read(nullptr, n); }

size_t Input::read(std::vector<uint8_t>& to, size_t n) {
  to.clear();
  while (to.size() < n) {
    const size_t before = to.size(), part = std::min(n - before, kBuffer);
    to.resize(before + part);
    const size_t got = read(to.data() + before, part);
    to.resize(before + got);
    if (got < part) break;
  }
  return to.size();
}

}  // namespace gauntlet
