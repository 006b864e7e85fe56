// Thousands of seeded connections through a path that loses, doubles, delays and reorders: all bytes arrive, both ways.
#include <gtest/gtest.h>

#include "virtual/world.hh"

namespace gauntlet {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Weather random_weather(Rng& rng) {
  Weather w;
  w.loss = rng.chance(0.4) ? 0 : 0.01 * static_cast<double>(rng.below(16));
  w.duplicate = rng.chance(0.5) ? 0 : 0.1;
  w.reorder = rng.chance(0.5) ? 0 : 0.3;
  w.delay = milliseconds(1 + rng.below(30));
  return w;
}

void one_round(uint64_t seed) {
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  Rng rng(seed);
  const TcpPair pair = client_pair(rng.chance(0.5));
  World w(random_config(rng, pair), random_config(rng, pair.swapped()), seed);
  w.near = random_weather(rng);
  w.far = random_weather(rng);
  for (End* e : {&w.client, &w.server}) {
    e->to_send = stream_bytes(rng, rng.chance(0.1) ? 0 : rng.below(60000));
    if (rng.chance(0.3)) {
      e->read_step = 1 + rng.below(5000);
      e->read_pause = milliseconds(rng.below(50));
    }
  }
  w.start();
  ASSERT_TRUE(w.run(seconds(3000))) << name_of(w.client.tcp.state()) << " " << name_of(w.server.tcp.state());
  ASSERT_EQ(w.client.tcp.error(), TcpError::none);
  ASSERT_EQ(w.server.tcp.error(), TcpError::none);
  ASSERT_TRUE(w.server.got == w.client.to_send) << w.server.got.size() << " of " << w.client.to_send.size();
  ASSERT_TRUE(w.client.got == w.server.to_send) << w.client.got.size() << " of " << w.server.to_send.size();
}

TEST(Streams, AllBytesArriveInOrderBothWays) {
  for (uint64_t seed = 1; seed <= 2500 && !testing::Test::HasFailure(); ++seed) one_round(seed);
}

// A clean path is used well: no retransmission, and the window is filled.
TEST(Streams, CleanPathNoRetransmission) {
  const TcpPair pair = client_pair(false);
  World w({.pair = pair, .isn = 1}, {.pair = pair.swapped(), .isn = 2}, 1);
  Rng rng(1);
  w.client.to_send = stream_bytes(rng, 1'000'000);
  size_t payload = 0;
  w.watch = [&](const Packet& p, bool to_server) {
    if (to_server) payload += layout_of(p.bytes()).payload_size;
  };
  w.start();
  ASSERT_TRUE(w.run(seconds(10)));
  EXPECT_EQ(w.server.got, w.client.to_send);
  EXPECT_EQ(payload, 1'000'000u);
  // 20 ms round trip, 10 segments at first, doubling: 256 KiB in flight after 5 round trips, then 4 more to the end.
  EXPECT_LT(w.now, seconds(1) + milliseconds(400));
}

// One lost segment costs a fast retransmission, never a timeout (200 ms at least).
TEST(Streams, OneLossIsRepairedWithinRoundTrips) {
  for (const bool sack : {true, false}) {
    const TcpPair pair = client_pair(true);
    World w({.pair = pair, .isn = 1, .sack = sack}, {.pair = pair.swapped(), .isn = 2}, 1);
    Rng rng(1);
    w.client.to_send = stream_bytes(rng, 100'000);
    w.client.closes_after_peer = w.server.closes_after_peer = true;
    w.client.closes = w.server.closes = false;
    w.start();
    ASSERT_TRUE(w.run_until([&] { return w.client.tcp.connected(); }, seconds(1)));
    w.near.lose_first = 1;  // the first data segment
    ASSERT_TRUE(w.run_until([&] { return w.server.got.size() == w.client.to_send.size(); }, seconds(10)));
    EXPECT_EQ(w.server.got, w.client.to_send);
    EXPECT_LT(w.now, milliseconds(200)) << "sack " << sack;
  }
}

TEST(Streams, BytesHeldAreBounded) {
  const TcpPair pair = client_pair(false);
  World w({.pair = pair, .isn = 1, .send_buffer = 10000}, {.pair = pair.swapped(), .isn = 2, .receive_buffer = 9000},
          7);
  Rng rng(3);
  w.client.to_send = stream_bytes(rng, 200'000);
  w.near.loss = 0.1;
  w.server.read_step = 700;
  w.server.read_pause = milliseconds(3);
  w.start();
  size_t most_held = 0, most_sent = 0;
  ASSERT_TRUE(w.run_until(
      [&] {
        most_held = std::max(most_held, static_cast<size_t>(w.server.tcp.receiver().edge() - 1 -
                                                            static_cast<Position>(w.server.got.size())));
        most_sent = std::max(most_sent, static_cast<size_t>(w.client.tcp.sender().end() - w.client.tcp.sender().una()));
        return w.server.got.size() == w.client.to_send.size();
      },
      seconds(3000)));
  EXPECT_LE(most_held, 9000u);  // all that was ever advertised and not yet read
  EXPECT_LE(most_sent, 10001u);
}

}  // namespace
}  // namespace gauntlet
