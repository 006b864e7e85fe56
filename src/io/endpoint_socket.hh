// Sockets of the endpoint pair: made, bound, listening, connecting.
#pragma once
#include <sys/socket.h>

#include <string>

#include "io/endpoint.hh"
#include "util/fd.hh"

namespace gauntlet {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
};
Address parse_address(const std::string& text, uint16_t port);  // numeric IPv4 or IPv6 (with %scope); UsageError

// Non-blocking, TCP_NODELAY, with the plan's congestion control.
Fd open_socket(const EndpointPlan& plan, int family);
Fd listen_socket(const EndpointPlan& plan);
uint16_t port_of(int fd);

}  // namespace gauntlet
