// Shadow probing without a network: what is copied, how often, and what quotes are taken for.
#include "probe/shadow.hh"

#include <gtest/gtest.h>

#include <deque>

#include "path_model.hh"
#include "probe/craft.hh"
#include "probe/follow.hh"
#include "probe/icmp_quote.hh"
#include "probe/shadow_kind.hh"
#include "wire/checksum.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

using std::chrono::milliseconds;
using Bytes8 = std::vector<uint8_t>;

struct World {
  explicit World(bool v6 = false, ShadowLimits limits = {}) : shadow({address(v6, 9), 80, {}}, limits) {
    flow.source = address(v6, 1);
    flow.destination = address(v6, 9);
    flow.source_port = 40000;
    flow.destination_port = 80;
    flow.seq = 1000;
    flow.ack = 5000;
    flow.key = 1;
    flow.peer_key = 2;
  }
  static IpAddress address(bool v6, int n) {
    return *parse_ip_address((v6 ? "2001:db8::" : "192.0.2.") + std::to_string(n));
  }
  Bytes8 packet(const char* spec) const { return craft(parse_spec(spec), flow, 64); }
  void open_three_hops_away() {
    out("syn/mss=1460/mpcapable");
    in("synack/mss=1460", 62);
    flow.seq += 1;
    out("ack/mpcapable-ack");
    in("ack", 62);
    now += std::chrono::milliseconds(20);
  }
  void out(const char* spec) { shadow.saw(now, packet(spec)); }
  void in(const char* spec, uint8_t ttl) {  // from the server
    ProbeFlow back = flow;
    std::swap(back.source, back.destination);
    std::swap(back.source_port, back.destination_port);
    shadow.saw(now, craft(parse_spec(spec), back, ttl));
  }
  std::vector<Bytes8> drain() {
    std::vector<Bytes8> all;
    while (auto copy = shadow.next(now)) all.push_back(*copy);
    return all;
  }
  ShadowFlow target;
  ShadowProber shadow;
  ProbeFlow flow;
  Time now = std::chrono::seconds(10);
};

TEST(Shadow, CopiesArePacketsOfTheConnectionButForTtlAndIdentification) {
  for (const bool v6 : {false, true}) {
    World w(v6);
    const Bytes8 real = w.packet("syn/mss=1460/sack-ok/ts/nop/ws=7/mpcapable");
    w.shadow.saw(w.now, real);
    w.in("synack/mss=1460", 61);  // three hops back: 64, 63, 62, 61: the peer is the fourth
    w.now += milliseconds(20);
    EXPECT_EQ(w.drain().size(), 0u);  // a router's answer would end what is not open yet
    w.out("ack");
    auto copies = w.drain();
    ASSERT_EQ(copies.size(), v6 ? 1u : 3u);  // of the SYN; IPv6: one at a time
    for (size_t i = 0; i < copies.size(); ++i) {
      EXPECT_EQ(copies[i][v6 ? 7 : 8], i + 1);
      Bytes8 expected = real;
      if (v6) {
        expected[7] = copies[i][7];
      } else {
        expected[4] = copies[i][4], expected[5] = copies[i][5];
        expected[8] = copies[i][8];
        expected[10] = copies[i][10], expected[11] = copies[i][11];
        EXPECT_EQ(load16(&copies[i][10]), ipv4_checksum(copies[i], layout_of(copies[i])));
      }
      EXPECT_EQ(copies[i], expected);
    }
  }
}

TEST(Shadow, WhatTheCardWouldFinishIsFinished) {
  World w;
  Bytes8 super = w.packet("ack/dss=ack8+map8/len=4000");
  super[20 + 16] ^= 0x55;  // the checksum is the card's to write
  w.shadow.saw(w.now, super);
  w.in("ack", 62);
  EXPECT_EQ(w.drain().size(), 0u);  // the kernel has not taken in that it was acknowledged
  w.now += milliseconds(20);
  const auto copies = w.drain();
  ASSERT_EQ(copies.size(), 2u);
  EXPECT_EQ(copies[0].size(), 1500u);
  const Layout l = layout_of(copies[0]);
  EXPECT_TRUE(whole(l, copies[0]));
  EXPECT_TRUE(l4_checksum_ok(copies[0], l));
  EXPECT_TRUE(std::equal(copies[0].begin() + l.payload, copies[0].end(), super.begin() + l.payload));
}

TEST(Shadow, EachKindOnceNoResetsAndNotItself) {
  World w;
  w.out("syn/mss=1460/mpcapable");
  w.in("synack/mss=1460", 63);  // two hops
  w.out("ack");
  w.now += milliseconds(20);
  EXPECT_EQ(w.drain().size(), 1u);  // not the acknowledgement: an error about it would be believed
  w.out("syn/mss=1400/mpcapable");  // the same kind
  w.out("syn/mss=1460");            // another one: tried again without the option
  w.in("ack", 63);
  w.now += milliseconds(20);
  EXPECT_EQ(w.drain().size(), 2u);  // that, and the acknowledgement
  w.out("rst");
  EXPECT_EQ(w.drain().size(), 0u);
  w.shadow.saw(w.now, craft(parse_spec("psh/ack/dss=ack8/len=10"), w.flow, 2));  // small TTL: a copy, ours
  EXPECT_EQ(w.drain().size(), 0u);
  EXPECT_TRUE(w.shadow.closed());  // by the reset
}

TEST(Shadow, NeverMoreThanTheRateInAnySecond) {
  ShadowLimits limits;
  limits.rate = 7;
  World w(false, limits);
  std::vector<Time> sent;
  const char* kinds[] = {"syn/mss=1460", "syn/mss=1460/mpcapable", "ack/mpcapable-ack", "psh/ack/dss=ack8+map8/len=9",
                         "ack/dss=ack4", "ack/addaddr=192.0.2.3",  "fin/ack",           "psh/ack/len=3"};
  for (int step = 0; step < 8000; ++step, w.now += milliseconds(1)) {
    if (step % 100 == 0 && step / 100 < 8) w.out(kinds[step / 100]);
    if (step % 100 == 50 && step / 100 < 8) w.in(step == 50 ? "synack/mss=1460" : "ack", 54);
    while (w.shadow.next(w.now)) sent.push_back(w.now);
  }
  EXPECT_GE(sent.size(), 50u);
  for (size_t i = 7; i < sent.size(); ++i) EXPECT_GE(sent[i] - sent[i - 7], std::chrono::seconds(1));
}

// Every third copy waits 300 ms for the processor before it leaves.
TEST(Shadow, TheRateCountsFromWhenACopyLeft) {
  ShadowLimits limits;
  limits.rate = 7;
  World w(false, limits);
  std::vector<Time> sent;
  for (int step = 0; step < 8000; ++step, w.now += milliseconds(1)) {
    if (step == 0) w.out("syn/mss=1460/mpcapable");
    if (step == 50) w.in("synack/mss=1460", 34);
    if (step == 100) w.out("psh/ack/dss=ack8+map8/len=9");
    if (step == 150) w.in("ack", 34);
    const Time turn = w.now;
    while (w.shadow.next(turn)) {
      if (sent.size() % 3 == 0) w.now += milliseconds(300);
      w.shadow.left_by(w.now);
      sent.push_back(w.now);
    }
  }
  EXPECT_GE(sent.size(), 20u);
  for (size_t i = 7; i < sent.size(); ++i) EXPECT_GE(sent[i] - sent[i - 7], std::chrono::seconds(1));
}

TEST(Shadow, WithoutAnAnswerItWaitsForTheEndAndDoesNotGoFarBehindTheLastRouter) {
  World w;
  w.out("syn/mss=1460/mpcapable");
  EXPECT_EQ(w.drain().size(), 0u);
  w.now += milliseconds(4000);
  EXPECT_EQ(w.drain().size(), 0u);  // the kernel still waits
  w.shadow.ended();
  const auto copies = w.drain();
  ASSERT_EQ(copies.size(), 3u);
  EXPECT_TRUE(w.shadow.busy(w.now));
  w.now += milliseconds(400);
  EXPECT_EQ(w.drain().size(), 0u);
  EXPECT_FALSE(w.shadow.busy(w.now));
}

// Time Exceeded of an IPv6 router (RFC 4443 3.3) about a copy; `shifted`: a box rewrote the sequence number.
Bytes8 quote_of_copy(const World& w, Bytes8 copy, uint8_t router, bool shifted) {
  if (shifted) store32(&copy[44], load32(&copy[44]) + 77);
  copy[7] = 1;
  Bytes8 p(48);
  p[0] = 0x60;
  p[6] = 58;
  p[7] = 64;
  store16(&p[4], static_cast<uint16_t>(8 + copy.size()));
  p[8 + 15] = router;
  std::copy_n(w.flow.source.storage.begin(), 16, p.begin() + 24);
  p[40] = 3;
  p.insert(p.end(), copy.begin(), copy.end());
  write_checksums(p);
  return p;
}

// A hop that nobody has heard of is slow to answer the first time (neighbour discovery, a busy host). With the next
// copy on its way its answer would be taken for that one's, and what it quotes for what the next hop saw.
TEST(Shadow, AHopThatIsNotKnownYetIsWaitedFor) {
  World w(true);
  w.open_three_hops_away();
  for (const uint8_t router : {uint8_t{1}, uint8_t{2}}) {
    const auto copies = w.drain();
    ASSERT_EQ(copies.size(), 2u);  // one of each segment
    w.now += milliseconds(router == 1 ? 1 : 120);
    EXPECT_EQ(w.drain().size(), 0u) << "hop " << int{router};
    for (const Bytes8& copy : copies) w.shadow.saw(w.now, quote_of_copy(w, copy, router, false));
    w.now += milliseconds(1);
  }
  const auto seen = w.shadow.seen();
  ASSERT_FALSE(seen.empty());
  for (const ProbeRun& run : seen[0].runs) {
    ASSERT_EQ(run.quotes.size(), 2u);
    EXPECT_EQ(run.quotes[1].ttl, 2);
  }
}

// An IPv6 quote names the segment and not the copy. With the sequence number rewritten it does not even name the
// segment: nothing is taken that could be another's.
TEST(Shadow, Ipv6QuotesAreTakenOnlyForTheOneCopyTheyCanMean) {
  World w(true);
  w.open_three_hops_away();
  const auto copies = w.drain();
  ASSERT_EQ(copies.size(), 2u);
  w.shadow.saw(w.now, quote_of_copy(w, copies[0], 0x42, true));
  size_t quotes = 0;
  const auto before = w.shadow.seen();
  for (const ProbeRun& run : before[0].runs) quotes += run.quotes.size();
  EXPECT_EQ(quotes, 0u);
  EXPECT_EQ(w.drain().size(), 0u);  // late answers are waited for
  w.now += milliseconds(1000);
  const auto again = w.drain();
  ASSERT_EQ(again.size(), 1u);  // of the whole connection
  w.shadow.saw(w.now, quote_of_copy(w, again[0], 0x42, true));
  const auto seen = w.shadow.seen();
  ASSERT_EQ(seen[0].runs[0].quotes.size(), 1u);
  EXPECT_EQ(seen[0].runs[0].quotes[0].ttl, again[0][7]);
}

// Packets that wait to be read, in front of a flood that does not end.
struct Backlog : ProbeTransport {
  explicit Backlog(World& w) : world(w) {}
  Time now() override { return world.now; }
  void send(ConstBytes) override {}
  std::optional<Arrival> receive(Time) override {
    if (waiting.empty()) {
      world.now += milliseconds(1);
      return Arrival{world.now, world.packet("icmp")};
    }
    const Bytes8 packet = waiting.front();
    waiting.pop_front();
    world.shadow.saw(world.now, packet);
    return Arrival{world.now, packet};
  }
  uint16_t reserve_port(uint8_t) override { return 0; }
  uint64_t random() override { return 0; }
  World& world;
  std::deque<Bytes8> waiting;
};

TEST(Shadow, AConnectionThatIsOverBeforeItWasReadIsTracedAllTheSame) {
  World w;
  Backlog backlog(w);
  backlog.waiting = {w.packet("syn/mss=1460"), w.packet("ack"), w.packet("fin/ack")};
  follow(backlog, w.shadow, {[] { return true; }});
  ASSERT_EQ(w.shadow.seen().size(), 1u);
  EXPECT_EQ(w.shadow.seen()[0].runs.size(), 3u);
}

}  // namespace
}  // namespace gauntlet
