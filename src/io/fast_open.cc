#include "io/fast_open.hh"

#include <fmt/core.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>

#include <cerrno>

#include "io/endpoint_socket.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

constexpr int kQueue = 16;  // handshakes with data that may wait

EndpointPlan plain() {
  EndpointPlan p;
  p.mptcp = false;
  return p;
}

void set_option(int fd, int option, int value, const char* attempt) {
  check(attempt, ::setsockopt(fd, IPPROTO_TCP, option, &value, sizeof value));
}

}  // namespace

void open_fast(int fd) { set_option(fd, TCP_FASTOPEN_CONNECT, 1, "set TCP_FASTOPEN_CONNECT"); }
void accept_fast(int fd) { set_option(fd, TCP_FASTOPEN, kQueue, "set TCP_FASTOPEN"); }

Fd cookie_listener(const std::string& address, uint16_t port) {
  EndpointPlan p = plain();
  p.server = p.fast_open = true;
  p.bind = address;
  p.port = port;
  return listen_socket(p);
}

void fetch_cookie(const std::string& from, const std::string& to, uint16_t port, Duration limit) {
  const Address server = parse_address(to, port);
  const Fd fd = open_socket(plain(), server.family());
  open_fast(fd.get());
  if (!from.empty()) {
    const Address own = parse_address(from, 0);
    check("bind to " + from, ::bind(fd.get(), own.get(), own.size));
  }
  const std::string attempt = fmt::format("fetch a Fast Open cookie from {} port {}", to, port);
  if (::connect(fd.get(), server.get(), server.size) == 0) return;  // there is one already
  if (errno != EINPROGRESS) throw SystemError(attempt, errno);
  pollfd ready{fd.get(), POLLOUT, 0};
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(limit).count();
  if (check(attempt, ::poll(&ready, 1, static_cast<int>(ms))) == 0) throw SystemError(attempt, ETIMEDOUT);
  int error = 0;
  socklen_t size = sizeof error;
  check(attempt, ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size));
  if (error != 0) throw SystemError(attempt, error);
}

}  // namespace gauntlet
