#include "probe/line_socket.hh"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace gauntlet {
namespace {

bool wait_for(int fd, short what, Duration limit) {
  pollfd p{fd, what, 0};
  const timespec t{limit.count() / 1000000000, limit.count() % 1000000000};
  return ::ppoll(&p, 1, &t, nullptr) > 0;
}

}  // namespace

void LineSocket::say(const std::string& line) { out_ += line + "\n"; }

bool LineSocket::flush(Duration limit) {
  while (!out_.empty() && !gone_) {
    const long n = ::send(fd_.get(), out_.data(), out_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) {
      out_.erase(0, static_cast<size_t>(n));
    } else if (errno == EINTR) {
      continue;
    } else if (errno != EAGAIN) {
      gone_ = true;
    } else if (limit <= Duration::zero()) {
      break;
    } else if (!wait_for(fd_.get(), POLLOUT, limit)) {
      gone_ = true;
    }
  }
  return !gone_;
}

bool LineSocket::next(std::string& line, Time limit) {
  for (bool waited = false;;) {
    const size_t end = in_.find('\n');
    if (end != std::string::npos) {
      line = in_.substr(0, end);
      in_.erase(0, end + 1);
      return true;
    }
    if (gone_ || in_.size() > longest_) {
      gone_ = true;
      return false;
    }
    std::array<char, 16384> buffer;
    const long n = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (n > 0) {
      in_.append(buffer.data(), static_cast<size_t>(n));
      continue;
    }
    if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
      gone_ = true;
      continue;
    }
    if (waited || limit <= Time::zero()) return false;
    wait_for(fd_.get(), POLLIN, limit);
    waited = true;
  }
}

}  // namespace gauntlet
