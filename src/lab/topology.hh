// The network of a cell as data: a dual-homed client, K routers on each of two paths, a merging router `core`, a
// single-homed server. Node names are those of scenarios and evidence: client, path1.r2, core, server.
#pragma once
#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace gauntlet {

// One interface. Its name says where it is and where it goes: c-p1, p1r2-c (toward the client), p1r2-s (toward the
// server), core-p2, core-s, s-c.
struct Port {
  std::string name, address;
  unsigned length = 0;  // of the address's prefix, in bits
  bool toward_client = false;
};

struct Route {
  std::string to, via;  // to: a prefix or "default"
  unsigned table = 0;   // 0: the main table
};

struct Node {
  std::string name;
  std::vector<Port> ports;
  std::vector<Route> routes;
  std::string outside;  // the unassigned prefix it owns; empty for client and server
  bool router() const { return !outside.empty(); }
};

struct Wire {
  std::string a, a_port, b, b_port;
};

struct Topology {
  bool ipv6 = false;
  unsigned routers = 2;     // per path
  std::vector<Node> nodes;  // client, path1.r1 .., path2.r1 .., core, server
  std::vector<Wire> wires;
  std::array<std::string, 2> client;  // the client's address on each path
  std::string server;
  std::string server_second;             // only in cells whose server announces it
  std::string client_side, server_side;  // prefixes: Addresses

  const Node& node(std::string_view name) const;  // throws UsageError naming the nodes there are
};

Topology two_paths(bool ipv6, unsigned routers);  // routers: 1 .. kMaxRouters, else UsageError

}  // namespace gauntlet
