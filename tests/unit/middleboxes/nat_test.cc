// What the vectors cannot say of NAT, because the ports are chosen from the seed.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "notation/notation.hh"
#include "path/nat_table.hh"

namespace gauntlet {
namespace {

Endpoint inside(uint16_t port, uint8_t host = 1) {
  return {.address = {192, 0, 2, host}, .size = 4, .proto = kProtoTcp, .port = port};
}

NatTable table_of(const char* pool, NatTable::Options options = {}) { return {parse_prefix(pool), options, Rng(1)}; }
constexpr Time kNow{1'000'000'000};

TEST(NatTable, PortsAreOthersAndUnique) {
  NatTable table = table_of("203.0.113.9");
  std::set<uint16_t> used;
  for (uint16_t port = 1; port <= 5000; ++port) {
    const NatMapping* m = table.make(inside(port), kNow);
    ASSERT_NE(m, nullptr);
    const Endpoint outside = m->outside;
    EXPECT_NE(outside.port, port);
    EXPECT_GE(outside.port, 1024);
    EXPECT_TRUE(used.insert(outside.port).second);
    EXPECT_EQ(table.find_outside(outside, kNow)->inside, inside(port));
    EXPECT_EQ(table.find_inside(inside(port), kNow)->outside, outside) << "a mapping stays";
  }
}

TEST(NatTable, KeepGivesAnotherPortOnlyWhereItIsTaken) {
  NatTable table = table_of("203.0.113.9", {.keep = true});
  EXPECT_EQ(table.make(inside(5000), kNow)->outside.port, 5000);
  EXPECT_NE(table.make(inside(5000, 2), kNow)->outside.port, 5000);
  Endpoint udp = inside(5000, 3);
  udp.proto = kProtoUdp;
  EXPECT_EQ(table.make(udp, kNow)->outside.port, 5000) << "another protocol is another space";
}

TEST(NatTable, IsBounded) {
  NatTable table = table_of("203.0.113.0/28", {.limit = 100});
  for (uint16_t port = 1; port <= 1000; ++port) {
    table.make(inside(port), kNow);
    NatMapping* first = table.find_inside(inside(1), kNow);
    ASSERT_NE(first, nullptr) << "what is used stays";
    table.use(*first, 40, kNow);
  }
  EXPECT_EQ(table.size(), 100u);
  EXPECT_EQ(table.forgotten(), 900u);
  EXPECT_EQ(table.find_inside(inside(500), kNow), nullptr);
}

TEST(NatTable, APoolWithoutAFreePortGivesNothing) {
  NatTable table = table_of("203.0.113.9", {.limit = 1 << 20});
  size_t made = 0;
  for (uint32_t i = 0; i < 70000; ++i)
    made += table.make(inside(static_cast<uint16_t>(i), static_cast<uint8_t>(i >> 16)), kNow) ? 1 : 0;
  EXPECT_EQ(made, 65536u - 1024u);
}

TEST(NatTable, ARangeIsAllThereIs) {
  NatTable table = table_of("203.0.113.9", {.first = 4000, .last = 4003});
  std::set<uint16_t> used;
  for (uint16_t port = 1; port <= 4; ++port) used.insert(table.make(inside(port), kNow)->outside.port);
  EXPECT_EQ(used, (std::set<uint16_t>{4000, 4001, 4002, 4003}));
  EXPECT_EQ(table.make(inside(5), kNow), nullptr);
}

// Two outside addresses, 8 ports, blocks of 4: two inside addresses for each outside one, a fifth goes empty.
TEST(NatTable, EachInsideAddressHasItsBlock) {
  NatTable table = table_of("203.0.113.8/31", {.first = 4000, .last = 4007, .block = 4});
  std::map<std::string, std::set<uint16_t>> used;
  for (uint8_t host = 1; host <= 4; ++host) {
    std::set<uint16_t> blocks;
    for (uint16_t port = 1; port <= 4; ++port) {
      const Endpoint outside = table.make(inside(port, host), kNow)->outside;
      used[address_text(outside.bytes())].insert(outside.port);
      blocks.insert(static_cast<uint16_t>((outside.port - 4000) / 4));
    }
    EXPECT_EQ(blocks.size(), 1u) << "one block for each";
    EXPECT_EQ(table.make(inside(5, host), kNow), nullptr);
  }
  EXPECT_EQ(used.size(), 2u);
  for (const auto& [address, ports] : used) EXPECT_EQ(ports.size(), 8u) << address;
  EXPECT_EQ(table.make(inside(1, 5), kNow), nullptr);
}

TEST(NatTable, AQuietMappingIsLostAndItsPortIsFree) {
  NatTable table = table_of("203.0.113.9", {.first = 4000, .last = 4000, .idle = Time(100)});
  NatMapping* m = table.make(inside(1), kNow);
  const Endpoint outside = m->outside;
  table.use(*m, 40, kNow + Time(50));
  EXPECT_FALSE(table.find_outside(outside, kNow + Time(149))->gone);
  EXPECT_TRUE(table.find_outside(outside, kNow + Time(150))->gone);
  EXPECT_EQ(table.find_outside(outside, kNow + Time(150)), nullptr);
  EXPECT_TRUE(table.find_inside(inside(1), kNow + Time(150))->gone);
  EXPECT_EQ(table.make(inside(2), kNow + Time(151))->outside.port, 4000);
  EXPECT_FALSE(table.renew(*table.find_inside(inside(1), kNow + Time(152)), kNow + Time(152))) << "no port is left";
  // The second one is quiet, too: its port is free by the time another is asked for.
  EXPECT_TRUE(table.renew(*table.find_inside(inside(1), kNow + Time(300)), kNow + Time(300)));
  EXPECT_EQ(table.lost(), 2u);
}

TEST(NatTable, AMappingIsLostOnceByCount) {
  NatTable table = table_of("203.0.113.9", {.packets = 3});
  NatMapping* m = table.make(inside(1), kNow);
  const Endpoint before = m->outside;
  const NatTable::Handle handle = table.handle(*m);
  for (int i = 0; i < 3; ++i) {
    ASSERT_FALSE(table.at(handle, kNow)->gone);
    table.use(*m, 100, kNow);
  }
  EXPECT_TRUE(table.at(handle, kNow)->gone);
  ASSERT_TRUE(table.renew(*m, kNow));
  EXPECT_EQ(table.at(handle, kNow), nullptr) << "that life is over";
  EXPECT_NE(m->outside, before);
  for (int i = 0; i < 9; ++i) table.use(*m, 100, kNow);
  EXPECT_FALSE(table.find_inside(inside(1), kNow)->gone);
}

TEST(NatTable, AddressesStayInThePool) {
  for (const char* pool :
       {"203.0.113.16/28", "203.0.113.8/30", "203.0.113.8/31", "203.0.113.0/24", "203.0.0.0/16", "203.0.113.9"}) {
    const Prefix prefix = parse_prefix(pool);
    NatTable table(prefix, {.keep = true}, Rng(1));
    std::set<std::string> used;
    for (uint8_t host = 1; host < 255; ++host) {
      const NatMapping* m = table.make(inside(5000, host), kNow);
      ASSERT_NE(m, nullptr);
      EXPECT_TRUE(prefix.contains(m->outside.bytes())) << pool << " " << address_text(m->outside.bytes());
      used.insert(address_text(m->outside.bytes()));
    }
    EXPECT_EQ(used.contains("203.0.113.0"), false) << "the network's own";
  }
}

}  // namespace
}  // namespace gauntlet
