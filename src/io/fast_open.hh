// TCP Fast Open for the endpoint pair (RFC 7413; with MPTCP: RFC 8684 appendix B).
#pragma once
#include <cstdint>
#include <string>

#include "util/fd.hh"
#include "util/time.hh"

namespace gauntlet {

// The first bytes go with the SYN when a cookie for the server is known, else the SYN asks for one.
void open_fast(int fd);    // a client's socket, before connect()
void accept_fast(int fd);  // a server's socket, before listen()

// A plain TCP connection that leaves nothing but the cookie: cookies belong to a pair of addresses, not to a port. The
// server's side is a listener that nobody accepts from. Throws SystemError when it cannot be had.
Fd cookie_listener(const std::string& address, uint16_t port);
void fetch_cookie(const std::string& from, const std::string& to, uint16_t port, Duration limit);

}  // namespace gauntlet
