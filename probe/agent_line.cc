#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "probe/agent.hh"
#include "probe/craft.hh"

namespace gauntlet {
namespace {

constexpr size_t kLongestLine = 2 * 65536 + 16;

}  // namespace

void LineSocket::say(const std::string& line) { out_ += line + "\n"; }

bool LineSocket::flush() {
  while (!out_.empty() && !gone_) {
    const long n = ::send(fd_.get(), out_.data(), out_.size(), MSG_NOSIGNAL);
    if (n > 0) {
      out_.erase(0, static_cast<size_t>(n));
    } else if (errno == EAGAIN || errno == EINTR) {
      pollfd p{fd_.get(), POLLOUT, 0};
      ::poll(&p, 1, 100);
    } else {
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
    if (gone_ || in_.size() > kLongestLine) {
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
    pollfd p{fd_.get(), POLLIN, 0};
    const timespec t{limit.count() / 1000000000, limit.count() % 1000000000};
    ::ppoll(&p, 1, &t, nullptr);
    waited = true;
  }
}

std::string agent_proof(const std::string& secret, const std::string& nonce) {
  std::vector<uint8_t> mac(32);
  unsigned size = 32;
  ::HMAC(::EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<const unsigned char*>(nonce.data()), nonce.size(), mac.data(), &size);
  return hex_of(mac);
}

}  // namespace gauntlet
