#include "lab/topology.hh"

#include <fmt/core.h>

#include "lab/addresses.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

// Link `index` of a path: 0 is the client's, K ends at core.
LinkAddresses link(const Addresses& a, unsigned path, unsigned index) {
  return index == 0 ? a.client_link(path) : a.router_link(path, index);
}

Port port(std::string name, const std::string& address, unsigned length, bool toward_client) {
  return {std::move(name), address, length, toward_client};
}

Node client(const Addresses& a) {
  Node n{.name = "client", .ports = {}, .routes = {}, .outside = {}};
  for (const unsigned path : {1u, 2u}) {
    const LinkAddresses l = a.client_link(path);
    n.ports.push_back(port(fmt::format("c-p{}", path), l.near, l.length, false));
    n.routes.push_back({"default", l.far, path});  // chosen by source address
    if (path == 1) n.routes.push_back({"default", l.far, 0});
  }
  return n;
}

Node router(const Addresses& a, unsigned path, unsigned index) {
  const LinkAddresses back = link(a, path, index - 1), on = link(a, path, index);
  const std::string name = fmt::format("p{}r{}", path, index);
  Node n{.name = fmt::format("path{}.r{}", path, index),
         .ports = {port(name + "-c", back.far, back.length, true), port(name + "-s", on.near, on.length, false)},
         .routes = {{"default", on.far, 0}},
         .outside = a.outside(path, index)};
  for (unsigned i = 0; i + 1 < index; ++i) n.routes.push_back({link(a, path, i).prefix, back.near, 0});
  // Its own outside prefix, too: a packet to it must be one to forward, or FORWARD never sees it.
  for (unsigned r = 1; r <= index; ++r) n.routes.push_back({a.outside(path, r), back.near, 0});
  return n;
}

Node core(const Addresses& a, unsigned routers) {
  Node n{.name = "core", .ports = {}, .routes = {}, .outside = a.outside_of_core(0)};
  for (const unsigned path : {1u, 2u}) {
    const LinkAddresses l = a.router_link(path, routers);
    n.ports.push_back(port(fmt::format("core-p{}", path), l.far, l.length, true));
    for (unsigned i = 0; i < routers; ++i) n.routes.push_back({link(a, path, i).prefix, l.near, 0});
    for (unsigned r = 1; r <= routers; ++r) n.routes.push_back({a.outside(path, r), l.near, 0});
    n.routes.push_back({a.outside_of_core(path), l.near, 0});
  }
  const LinkAddresses l = a.server_link();
  n.ports.push_back(port("core-s", l.near, l.length, false));
  return n;
}

}  // namespace

const Node& Topology::node(std::string_view name) const {
  for (const Node& n : nodes)
    if (n.name == name) return n;
  throw UsageError(
      fmt::format("no node '{}': there are client, path1.r1 .. path1.r{}, path2.r1 .. path2.r{}, core, server", name,
                  routers, routers));
}

Topology two_paths(bool ipv6, unsigned routers) {
  if (routers < 1 || routers > kMaxRouters)
    throw UsageError(fmt::format("{} routers per path: 1 to {} are possible", routers, kMaxRouters));
  const Addresses a(ipv6);
  Topology t{.ipv6 = ipv6,
             .routers = routers,
             .nodes = {},
             .wires = {},
             .client = {},
             .server = a.server_link().far,
             .server_second = a.server_second(),
             .client_side = a.client_side(),
             .server_side = a.server_side()};
  t.nodes.push_back(client(a));
  for (const unsigned path : {1u, 2u}) {
    t.client[path - 1] = a.client_link(path).near;
    std::string node = "client", out = fmt::format("c-p{}", path);
    for (unsigned r = 1; r <= routers; ++r) {
      t.nodes.push_back(router(a, path, r));
      const Node& next = t.nodes.back();
      t.wires.push_back({node, out, next.name, next.ports[0].name});
      node = next.name;
      out = next.ports[1].name;
    }
    t.wires.push_back({node, out, "core", fmt::format("core-p{}", path)});
  }
  t.nodes.push_back(core(a, routers));
  const LinkAddresses last = a.server_link();
  t.nodes.push_back({.name = "server",
                     .ports = {port("s-c", last.far, last.length, true)},
                     .routes = {{"default", last.near, 0}},
                     .outside = {}});
  t.wires.push_back({"core", "core-s", "server", "s-c"});
  return t;
}

}  // namespace gauntlet
