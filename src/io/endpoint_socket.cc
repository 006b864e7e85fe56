#include "io/endpoint_socket.hh"

#include <fmt/core.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <cerrno>
#include <cstring>

#include "io/fast_open.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

constexpr int kProtoMptcp = 262;  // IPPROTO_MPTCP

void set(int fd, int level, int option, int value, const char* attempt) {
  check(attempt, ::setsockopt(fd, level, option, &value, sizeof value));
}

void set_congestion(int fd, const std::string& name, int family) {
  // An MPTCP socket takes any name and forgets about it; a TCP socket says no.
  const Fd tcp(check("open a TCP socket", ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP)));
  for (const int each : {tcp.get(), fd}) {
    if (::setsockopt(each, IPPROTO_TCP, TCP_CONGESTION, name.c_str(), static_cast<socklen_t>(name.size())) == 0)
      continue;
    throw EnvironmentError(
        fmt::format("congestion control '{}': {}. See /proc/sys/net/ipv4/tcp_available_congestion_control", name,
                    std::strerror(errno)));
  }
}

}  // namespace

Address parse_address(const std::string& text, uint16_t port) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  if (::getaddrinfo(text.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
    throw UsageError(fmt::format("'{}' is no numeric IPv4 or IPv6 address", text));
  }
  Address result;
  result.size = found->ai_addrlen;
  std::memcpy(&result.storage, found->ai_addr, found->ai_addrlen);
  ::freeaddrinfo(found);
  return result;
}

Fd open_socket(const EndpointPlan& plan, int family) {
  const int type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
  Fd fd(::socket(family, type, plan.mptcp ? kProtoMptcp : IPPROTO_TCP));
  if (!fd && plan.mptcp && (errno == EPROTONOSUPPORT || errno == ENOPROTOOPT || errno == EINVAL)) {
    throw EnvironmentError(
        fmt::format("no MPTCP socket: {}. Needs Linux 5.6 or later with CONFIG_MPTCP, and: sysctl net.mptcp.enabled=1",
                    std::strerror(errno)));
  }
  check("open a socket", fd.get());
  // Each write becomes a segment at once: mappings follow the writes, not the timing of acknowledgements.
  set(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1, "set TCP_NODELAY");
  if (plan.fast_open && !plan.server) open_fast(fd.get());
  if (!plan.congestion.empty()) set_congestion(fd.get(), plan.congestion, family);
  return fd;
}

Fd listen_socket(const EndpointPlan& plan) {
  const Address address = parse_address(plan.bind, plan.port);
  Fd fd = open_socket(plan, address.family());
  set(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1, "set SO_REUSEADDR");
  check(fmt::format("bind {} port {}", plan.bind, plan.port), ::bind(fd.get(), address.get(), address.size));
  if (plan.fast_open) accept_fast(fd.get());
  check(fmt::format("listen on {} port {}", plan.bind, plan.port), ::listen(fd.get(), 16));
  return fd;
}

uint16_t port_of(int fd) {
  sockaddr_storage a{};
  socklen_t size = sizeof a;
  check("read the socket's own address", ::getsockname(fd, reinterpret_cast<sockaddr*>(&a), &size));
  return ntohs(a.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(a).sin6_port
                                       : reinterpret_cast<sockaddr_in&>(a).sin_port);
}

}  // namespace gauntlet
