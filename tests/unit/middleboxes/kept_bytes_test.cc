// Boxes that keep copies of segments, and clients who make them keep as much as they can: many flows, each with more
// data than its receiver acknowledges. What all of it takes is bounded, and a flow that is over gives its part back.
#include <gtest/gtest.h>

#include "memory_in_use.hh"
#include "middleboxes/registry.hh"
#include "connection/segment_store.hh"
#include "specs.hh"
#include "virtual/world.hh"

namespace gauntlet {
namespace {

struct Count final : Emit {
  void send(Packet, Direction) override { ++sent; }
  size_t sent = 0;
};

class KeptBytes : public testing::TestWithParam<const char*> {
 protected:
  KeptBytes() : chain_({link_of(GetParam())}, 1) {}

  void up(uint16_t port, uint32_t seq, uint8_t flags, ConstBytes payload = {}) {
    chain_.packet(make_segment(client_pair(false, port), {seq, 1, flags, 1000}, {}, payload), Direction::to_server,
                  now_, out_);
  }
  void open(uint16_t port) {
    up(port, 0, kSyn);
    chain_.packet(make_segment(client_pair(false, port).swapped(), {0, 1, kSyn | kAck, 65535}, {}, {}),
                  Direction::to_client, now_, out_);
  }
  // `hole`: the first byte never comes.
  void fill(uint16_t port, size_t segments, size_t size, uint32_t hole) {
    const std::vector<uint8_t> payload(size, 'x');
    for (size_t i = 0; i < segments; ++i) up(port, static_cast<uint32_t>(1 + hole + i * size), kAck, payload);
  }

  Chain chain_;
  Count out_;
  Time now_{0};
};

TEST_P(KeptBytes, OfAllFlowsTogetherAreBounded) {
  const size_t before = bytes_in_use();
  for (const uint32_t hole : {0u, 1u}) {
    for (uint16_t port = 1; port <= 150; ++port) {
      open(static_cast<uint16_t>(2000 * (hole + 1) + port));
      fill(static_cast<uint16_t>(2000 * (hole + 1) + port), 800, 1400, hole);  // 1.1 MB: as much as one flow may have
    }
  }
  EXPECT_LT(bytes_in_use() - before, SegmentStore::Budget::kMost + (16u << 20));
}

TEST_P(KeptBytes, SmallSegmentsCountWithWhatTheyTake) {
  open(1);
  const size_t before = bytes_in_use();
  fill(1, 20000, 1, 1);
  fill(1, 20000, 1, 50000);
  EXPECT_LT(bytes_in_use() - before, 2 * SegmentStore::kMostBytes + (4u << 20));
}

TEST_P(KeptBytes, AFlowThatWasResetGivesItsPartBack) {
  const size_t before = bytes_in_use();
  for (uint16_t port = 1; port <= 100; ++port) {
    open(port);
    fill(port, 300, 1400, 0);
    up(port, 1 + 300 * 1400, kRst | kAck);
  }
  for (auto due = chain_.next_tick(); due && *due < std::chrono::minutes(5); due = chain_.next_tick())
    chain_.tick(now_ = *due, out_);
  EXPECT_LT(bytes_in_use() - before, 4u << 20);
}

// What a gateway changed it needs for as long as it may be sent again, and for no longer.
TEST(KeptEdits, GoOnceTheyAreAcknowledgedAndFarBack) {
  Chain chain({link_of("edit:find=needle,replace=haystacks")}, 1);
  Count out;
  const TcpPair client = client_pair(false, 7);
  std::vector<uint8_t> payload(1000, 'x');
  std::copy_n("needle", 6, payload.begin());
  chain.packet(make_segment(client, {0, 0, kSyn, 1000}, {}, {}), Direction::to_server, Time(0), out);
  chain.packet(make_segment(client.swapped(), {0, 1, kSyn | kAck, 65535}, {}, {}), Direction::to_client, Time(0), out);
  const size_t before = bytes_in_use();
  for (uint32_t i = 0; i < 50'000; ++i) {
    chain.packet(make_segment(client, {1 + 1000 * i, 1, kAck, 1000}, {}, payload), Direction::to_server, Time(0), out);
    if (i % 50 == 0)
      chain.packet(make_segment(client.swapped(), {1, 1 + 1003 * i, kAck, 65535}, {}, {}), Direction::to_client,
                   Time(0), out);
  }
  EXPECT_LT(bytes_in_use() - before, 1u << 20);
}

INSTANTIATE_TEST_SUITE_P(Boxes, KeptBytes, testing::Values("normaliser", "normaliser:copy=sender", "pep"),
                         [](const auto& row) { return name_of_spec(row.index, row.param); });

}  // namespace
}  // namespace gauntlet
