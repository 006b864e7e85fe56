#include "lab/node_setup.hh"

#include <fmt/core.h>

namespace gauntlet {
namespace {

// Bytes of socket buffer. The sender's bounds what is in flight, on all subflows and hops together: it is small, so
// that the receive buffer of a queue whose size an ordinary user cannot force (212992 bytes: 92 full packets) holds
// both directions. The receiver's is larger than all of that with the kernel's overhead for every segment: otherwise
// data held out of order behind a slower path may leave no room for the very segment that is missing, and a run hangs
// that tests something else.
constexpr const char* kSendMemory = "4096 65536 65536";
constexpr uint64_t kReceiveMemory = 524288;

void endpoint_settings(std::vector<std::string>& out, bool checksum, uint64_t receive_memory) {
  for (const char* s :
       {"net.mptcp.enabled=1", "net.mptcp.pm_type=0", "net.ipv4.tcp_fastopen=3",
        "net.mptcp.allow_join_initial_addr_port=1",
        "net.mptcp.blackhole_timeout=0",  // one cell's stripped SYN must not turn MPTCP off
        "net.mptcp.add_addr_timeout=1",   // seconds until an ADD_ADDR without echo is sent again; 120 by default
        "net.mptcp.close_timeout=1"})     // seconds; 60 by default
    out.push_back(s);
  out.push_back(fmt::format("net.mptcp.checksum_enabled={}", checksum ? 1 : 0));
  out.push_back(fmt::format("net.ipv4.tcp_rmem=4096 {0} {0}", receive_memory == 0 ? kReceiveMemory : receive_memory));
  out.push_back(fmt::format("net.ipv4.tcp_wmem={}", kSendMemory));
}

std::vector<std::string> settings(const Topology& t, const Node& n, const MptcpSettings& m) {
  std::vector<std::string> out{"net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=0"};
  for (const Port& p : n.ports) {
    if (!t.ipv6)
      out.push_back(fmt::format("net.ipv4.conf.{}.rp_filter=0", p.name));  // path 2 leaves by its source address
    if (t.ipv6) {
      out.push_back(fmt::format("net.ipv6.conf.{}.accept_dad=0", p.name));  // an address is usable at once
      out.push_back(fmt::format("net.ipv6.conf.{}.accept_ra=0", p.name));
      out.push_back(fmt::format("net.ipv6.conf.{}.router_solicitations=0", p.name));
    }
  }
  if (!t.ipv6) out.push_back("net.ipv6.conf.all.disable_ipv6=1");  // one family per cell
  if (n.router()) {
    out.push_back(t.ipv6 ? "net.ipv6.conf.all.forwarding=1" : "net.ipv4.ip_forward=1");
    // By default a router sends six Time Exceeded at once and then one a second.
    // Per namespace only since 6.12.
    out.push_back("net.ipv4.icmp_ratelimit=0");
    out.push_back("net.ipv6.icmp.ratelimit=0");
    out.push_back("net.ipv4.icmp_msgs_per_sec=1000000");
    out.push_back("net.ipv4.icmp_msgs_burst=1000000");
  } else {
    endpoint_settings(out, n.name == "client" ? m.checksum_client : m.checksum_server, m.receive_buffer);
    if (m.syn_cookies && n.name == "server") out.push_back("net.ipv4.tcp_syncookies=2");  // 2: always, for IPv6 as well
    if (m.deny_join && n.name == "server") out.push_back("net.mptcp.allow_join_initial_addr_port=0");
  }
  return out;
}

std::string limits(const MptcpSettings& m) {
  return fmt::format("mptcp limits set subflow {} add_addr_accepted {}", m.paths - 1 + m.announced,
                     m.announced > 0 ? 1 : 0);
}

std::vector<std::string> batch(const Topology& t, const Node& n, const MptcpSettings& m) {
  std::vector<std::string> out{"link set lo up"};
  for (const Port& p : n.ports) {
    out.push_back(fmt::format("link set {} up", p.name));
    out.push_back(fmt::format("address add {}/{} dev {}{}", p.address, p.length, p.name, t.ipv6 ? " nodad" : ""));
  }
  for (const Route& r : n.routes)
    out.push_back(
        fmt::format("route add {} via {}{}", r.to, r.via, r.table == 0 ? "" : fmt::format(" table {}", r.table)));
  if (n.name == "client") {
    for (const unsigned path : {1u, 2u})
      out.push_back(fmt::format("rule add from {} lookup {}", t.client[path - 1], path));
    out.push_back(limits(m));
    if (m.paths == 2) out.push_back(fmt::format("mptcp endpoint add {} dev c-p2 subflow", t.client[1]));
  } else if (n.name == "server") {
    out.push_back(limits(m));
  }
  if (m.second_server && n.name == "server")
    out.push_back(
        // Deprecated in IPv6: else it would be preferred to the first one when the server opens something.
        fmt::format("address add {}/{} dev s-c{}", t.server_second, t.ipv6 ? 128 : 32,
                    t.ipv6 ? " nodad preferred_lft 0" : ""));
  if (m.second_server && n.name == "core") out.push_back(fmt::format("route add {} via {}", t.server_second, t.server));
  return out;
}

}  // namespace

NodeSetup set_up(const Topology& t, const Node& n, const MptcpSettings& m) {
  NodeSetup setup{.sysctl = settings(t, n, m), .interfaces = {}, .ip = batch(t, n, m), .commands = {}};
  for (const Port& p : n.ports) setup.interfaces.push_back(p.name);
  return setup;
}

void add_inject_pair(NodeSetup& setup, const std::string& end, const std::string& other) {
  setup.ip.push_back(fmt::format("link add {} type veth peer name {}", end, other));
  for (const std::string& name : {end, other}) setup.ip.push_back(fmt::format("link set {} up", name));
}

}  // namespace gauntlet
