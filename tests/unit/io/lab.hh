// client -- router -- server in three fresh network namespaces, for tests that need real packets.
#pragma once
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <optional>
#include <string>
#include <vector>

#include "io/net_namespace.hh"

namespace gauntlet {

// Skips by name where the machine does not permit namespaces.
#define REQUIRE_NAMESPACES()                                         \
  do {                                                               \
    if (const std::string why = why_no_namespaces(); !why.empty()) { \
      GTEST_SKIP() << why;                                           \
    }                                                                \
  } while (false)
std::string why_no_namespaces();

// Interfaces: client "c0" 192.0.2.1, router "r0" 192.0.2.2 and "r1" 198.51.100.2, server "s0" 198.51.100.1;
// the same with 2001:db8:1:: and 2001:db8:2::. Offloads off, all links up.
struct TestLab {
  TestLab();
  NetNamespace client, router, server;
};

void ip(const NetNamespace& where, const std::string& words);        // ip(8) with these words, in a namespace
void iptables(const NetNamespace& where, const std::string& words);  // likewise, IPv4
std::string iptables_rules(const NetNamespace& where);               // iptables -S

// A datagram socket in a namespace. Receives with a limit of 2 s; nullopt: nothing came.
class Udp {
 public:
  Udp(const NetNamespace& where, const std::string& address, uint16_t port);
  void send(const std::string& text, const std::string& address, uint16_t port) const;
  std::optional<std::string> receive(int limit_ms = 2000) const;
  std::vector<std::string> receive_all(int quiet_ms = 150) const;  // until nothing came for this long

 private:
  Fd fd_;
};

}  // namespace gauntlet
