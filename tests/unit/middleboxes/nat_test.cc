// What the vectors cannot say of NAT, because the ports are chosen from the seed.
#include <gtest/gtest.h>

#include <set>

#include "notation/notation.hh"
#include "path/endpoints.hh"

namespace gauntlet {
namespace {

Endpoint inside(uint16_t port, uint8_t host = 1) {
  return {.address = {192, 0, 2, host}, .size = 4, .proto = kProtoTcp, .port = port};
}

TEST(NatTable, PortsAreOthersAndUnique) {
  NatTable table(parse_prefix("203.0.113.9"), false, Rng(1));
  std::set<uint16_t> used;
  for (uint16_t port = 1; port <= 5000; ++port) {
    const auto outside = table.outside_of(inside(port), true);
    ASSERT_TRUE(outside);
    EXPECT_NE(outside->port, port);
    EXPECT_GE(outside->port, 1024);
    EXPECT_TRUE(used.insert(outside->port).second);
    EXPECT_EQ(table.inside_of(*outside), inside(port));
    EXPECT_EQ(table.outside_of(inside(port), false), outside) << "a mapping stays";
  }
}

TEST(NatTable, KeepGivesAnotherPortOnlyWhereItIsTaken) {
  NatTable table(parse_prefix("203.0.113.9"), true, Rng(1));
  EXPECT_EQ(table.outside_of(inside(5000), true)->port, 5000);
  EXPECT_NE(table.outside_of(inside(5000, 2), true)->port, 5000);
  Endpoint udp = inside(5000, 3);
  udp.proto = kProtoUdp;
  EXPECT_EQ(table.outside_of(udp, true)->port, 5000) << "another protocol is another space";
}

TEST(NatTable, IsBounded) {
  NatTable table(parse_prefix("203.0.113.0/28"), false, Rng(1), 100);
  for (uint16_t port = 1; port <= 1000; ++port) {
    table.outside_of(inside(port), true);
    ASSERT_TRUE(table.outside_of(inside(1), false)) << "what is used stays";
  }
  EXPECT_EQ(table.size(), 100u);
  EXPECT_EQ(table.forgotten(), 900u);
  EXPECT_FALSE(table.outside_of(inside(500), false));
}

TEST(NatTable, APoolWithoutAFreePortGivesNothing) {
  NatTable table(parse_prefix("203.0.113.9"), false, Rng(1), 1 << 20);
  size_t made = 0;
  for (uint32_t i = 0; i < 70000; ++i)
    made += table.outside_of(inside(static_cast<uint16_t>(i), static_cast<uint8_t>(i >> 16)), true) ? 1 : 0;
  EXPECT_EQ(made, 65536u - 1024u);
}

TEST(NatTable, AddressesStayInThePool) {
  for (const char* pool :
       {"203.0.113.16/28", "203.0.113.8/30", "203.0.113.8/31", "203.0.113.0/24", "203.0.0.0/16", "203.0.113.9"}) {
    const Prefix prefix = parse_prefix(pool);
    NatTable table(prefix, true, Rng(1));
    std::set<std::string> used;
    for (uint8_t host = 1; host < 255; ++host) {
      const auto outside = table.outside_of(inside(5000, host), true);
      ASSERT_TRUE(outside);
      EXPECT_TRUE(prefix.contains(outside->bytes())) << pool << " " << address_text(outside->bytes());
      used.insert(address_text(outside->bytes()));
    }
    EXPECT_EQ(used.contains("203.0.113.0"), false) << "the network's own";
  }
}

}  // namespace
}  // namespace gauntlet
