#include "lab/topology.hh"

#include <arpa/inet.h>
#include <gmock/gmock.h>

#include <set>

#include "lab/addresses.hh"
#include "lab/node_setup.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

bool documentation_ipv4(const std::string& address) {
  for (const char* net : {"192.0.2.", "198.51.100.", "203.0.113."})  // RFC 5737 section 3
    if (address.starts_with(net)) return true;
  return false;
}

TEST(Topology, NamesNodesAndInterfacesAsScenariosDo) {
  const Topology t = two_paths(false, 2);
  std::vector<std::string> names;
  for (const Node& n : t.nodes) names.push_back(n.name);
  EXPECT_THAT(names, ElementsAre("client", "path1.r1", "path1.r2", "path2.r1", "path2.r2", "core", "server"));
  EXPECT_EQ(t.node("path1.r2").ports[0].name, "p1r2-c");
  EXPECT_EQ(t.node("path1.r2").ports[1].name, "p1r2-s");
  EXPECT_THROW(t.node("path3.r1"), UsageError);
  EXPECT_THROW(two_paths(false, 0), UsageError);
  EXPECT_THROW(two_paths(true, 11), UsageError);
}

TEST(Topology, EveryInterfaceHasOneWireAndAShortName) {
  for (const unsigned routers : {1u, 2u, 10u}) {
    const Topology t = two_paths(false, routers);
    std::multiset<std::string> wired;
    for (const Wire& w : t.wires) wired.insert({w.a_port, w.b_port});
    size_t ports = 0;
    for (const Node& n : t.nodes)
      for (const Port& p : n.ports) {
        ++ports;
        EXPECT_EQ(wired.count(p.name), 1u) << p.name;
        EXPECT_LE(p.name.size(), 15u) << p.name;  // IFNAMSIZ - 1
      }
    EXPECT_EQ(wired.size(), ports);
  }
}

TEST(Topology, OnlyDocumentationAddressesEachOnce) {
  for (const bool ipv6 : {false, true}) {
    const Topology t = two_paths(ipv6, kMaxRouters);
    std::set<std::string> seen;
    for (const Node& n : t.nodes) {
      for (const Port& p : n.ports) {
        EXPECT_TRUE(ipv6 ? p.address.starts_with("2001:db8:") : documentation_ipv4(p.address)) << p.address;
        EXPECT_TRUE(seen.insert(p.address).second) << p.address << " twice";
        in6_addr raw{};
        EXPECT_EQ(::inet_pton(ipv6 ? AF_INET6 : AF_INET, p.address.c_str(), &raw), 1) << p.address;
      }
      if (n.router()) {
        EXPECT_TRUE(seen.insert(n.outside).second) << n.outside;
      }
    }
  }
}

TEST(Topology, BothEndsOfAWireAreInOnePrefix) {
  const Topology t = two_paths(false, kMaxRouters);
  auto network = [&](const std::string& node, const std::string& name) {
    for (const Port& p : t.node(node).ports)
      if (p.name == name) {
        in_addr a{};
        ::inet_pton(AF_INET, p.address.c_str(), &a);
        return ntohl(a.s_addr) >> (32 - p.length);
      }
    return 0u;
  };
  for (const Wire& w : t.wires) EXPECT_EQ(network(w.a, w.a_port), network(w.b, w.b_port)) << w.a_port;
}

// A packet to a router's outside prefix must be forwarded inside that router, toward the client: FORWARD sees it.
TEST(Topology, OutsidePrefixesLeadToTheirRouterAndOnTowardTheClient) {
  const Topology t = two_paths(false, 2);
  const auto via = [&](const std::string& node, const std::string& to) {
    for (const Route& r : t.node(node).routes)
      if (r.to == to) return r.via;
    return std::string("none");
  };
  const std::string outside = t.node("path1.r2").outside;
  EXPECT_EQ(via("core", outside), t.node("path1.r2").ports[1].address);
  EXPECT_EQ(via("path1.r2", outside), t.node("path1.r1").ports[1].address);
  EXPECT_EQ(via("path1.r1", outside), "none");
  EXPECT_EQ(via("core", Addresses(false).outside_of_core(2)), t.node("path2.r2").ports[1].address);
}

TEST(NodeSetup, SecondSubflowOnlyWithTwoPathsAndOnlyFromTheClient) {
  const Topology t = two_paths(false, 2);
  const NodeSetup one = set_up(t, t.node("client"), {.checksum_client = true, .checksum_server = false, .paths = 1});
  EXPECT_THAT(one.ip, Contains("mptcp limits set subflow 0 add_addr_accepted 0"));
  EXPECT_THAT(one.ip, Not(Contains(HasSubstr("endpoint add"))));
  EXPECT_THAT(one.sysctl, Contains("net.mptcp.checksum_enabled=1"));
  const NodeSetup two = set_up(t, t.node("client"), {.checksum_client = false, .checksum_server = true, .paths = 2});
  EXPECT_THAT(two.ip, Contains("mptcp endpoint add 192.0.2.33 dev c-p2 subflow"));
  EXPECT_THAT(two.sysctl, Contains("net.mptcp.checksum_enabled=0"));
  const NodeSetup router = set_up(t, t.node("core"), {});
  EXPECT_THAT(router.sysctl, Not(Contains(HasSubstr("mptcp"))));
  EXPECT_EQ(router.interfaces.size(), 3u);
}

}  // namespace
}  // namespace gauntlet
