// Kinds that follow from several packets: a SYN that never got through, an acknowledgement in somebody's name, delay.
#include <gmock/gmock.h>

#include "one_edit.hh"

namespace gauntlet::test {
namespace {

using std::chrono::milliseconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

const Difference* find(const Diff& d, const std::string& kind) {
  for (const Difference& x : d.differences)
    if (x.kind == kind) return &x;
  return nullptr;
}

Tcp syn(const Scene& s) {
  Tcp t = s.c2s(-1);
  t.flags = kSyn;
  t.ack = 0;
  return t;
}

TEST(SynBlocked, OneRecordForAllOfThem) {
  Scene s;
  const Tcp t = syn(s);
  for (int i = 0; i < 3; ++i) {
    s.before_and_behind(Way::c2s, {t}, {});
    s.wait(std::chrono::seconds(1));
  }
  s.raw(true, true, s.s2c(0).bytes());  // something that comes later, so that nothing is in flight
  const Diff d = s.diff();
  const Difference* blocked = find(d, "syn_blocked");
  ASSERT_TRUE(blocked) << ::testing::PrintToString(kinds(d));
  EXPECT_EQ(blocked->count, 3u);
  EXPECT_EQ(blocked->way, Way::c2s);
  ASSERT_EQ(blocked->client.size(), 3u);
  EXPECT_EQ(blocked->client[2].number, 3u);
}

TEST(SynBlocked, NotWhenACopyGotThrough) {
  Scene s;
  s.before_and_behind(Way::c2s, {syn(s)}, {});
  s.wait(std::chrono::seconds(1));
  s.handshake();
  EXPECT_THAT(kinds(s.diff()), ElementsAre("dropped c2s x1"));
}

struct ProxyAcked : ::testing::Test {
  Scene s;
  void SetUp() override {
    s.handshake();
    s.both(Way::c2s, s.c2s(0, coded(0, 1000)));
    s.both(Way::s2c, s.s2c(0));
  }
  Tcp ack(uint32_t bytes) const {
    Tcp t = s.s2c(0);
    t.ack = 1001 + bytes;
    return t;
  }
};

TEST_F(ProxyAcked, BeforeTheServerHadTheBytes) {
  const Tcp data = s.c2s(1000, coded(1000, 1000));
  s.before_and_behind(Way::c2s, {data}, {});
  s.wait(milliseconds(2));
  s.before_and_behind(Way::s2c, {}, {ack(2000)});  // the client is told
  s.wait(milliseconds(2));
  s.before_and_behind(Way::c2s, {}, {data});  // and the server gets it
  s.both(Way::s2c, ack(2000));
  const Diff d = s.diff();
  const Difference* early = find(d, "proxy_acked");
  ASSERT_TRUE(early) << ::testing::PrintToString(kinds(d));
  EXPECT_EQ(early->way, Way::s2c);
  EXPECT_EQ(early->count, 1u);
  EXPECT_EQ(early->before, "received up to 1001");
  EXPECT_EQ(early->after, "acknowledged up to 2001");
}

TEST_F(ProxyAcked, NotWhenTheServerHadThem) {
  s.both(Way::c2s, s.c2s(1000, coded(1000, 1000)));
  s.wait(milliseconds(2));
  s.before_and_behind(Way::s2c, {}, {ack(2000)});
  const Diff d = s.diff();
  EXPECT_TRUE(find(d, "injected"));
  EXPECT_FALSE(find(d, "proxy_acked")) << ::testing::PrintToString(kinds(d));
}

TEST_F(ProxyAcked, WhatStandsBehindAHoleIsNotReceived) {
  s.both(Way::c2s, s.c2s(2000, coded(2000, 1000)));
  s.wait(milliseconds(2));
  s.before_and_behind(Way::s2c, {}, {ack(3000)});
  const Difference* early = nullptr;
  const Diff d = s.diff();
  early = find(d, "proxy_acked");
  ASSERT_TRUE(early);
  EXPECT_EQ(early->before, "received up to 1001");
}

TEST_F(ProxyAcked, ASynTheServerNeverGotIsAcknowledgedToo) {
  Scene other;
  other.before_and_behind(Way::c2s, {syn(other)}, {});
  other.wait(milliseconds(1));
  Tcp synack = other.s2c(-1);
  synack.flags = kSyn | kAck;
  synack.ack = 1001;
  other.before_and_behind(Way::s2c, {}, {synack});
  other.wait(std::chrono::seconds(1));
  other.raw(true, true, s.s2c(0).bytes());
  const Diff d = other.diff();
  EXPECT_TRUE(find(d, "proxy_acked")) << ::testing::PrintToString(kinds(d));
  EXPECT_TRUE(find(d, "syn_blocked")) << ::testing::PrintToString(kinds(d));
}

// One segment is held for 30 ms, the others for one.
Diff late(Duration threshold) {
  Scene s;
  s.handshake();
  for (int i = 0; i < 4; ++i) {
    const Tcp t = s.c2s(i * 1000, coded(static_cast<uint64_t>(i) * 1000, 1000));
    s.before_and_behind(Way::c2s, {t}, {});
    s.wait(milliseconds(i == 2 ? 30 : 1));
    s.before_and_behind(Way::c2s, {}, {t});
  }
  s.close(4000, 0);
  DiffOptions how;
  how.late = threshold;
  return diff_traces(s.client_trace(), s.server_trace(), how);
}

TEST(Delayed, NamesTheSegmentAndBothTimes) {
  const Diff d = late(milliseconds(20));
  ASSERT_THAT(kinds(d), ElementsAre("delayed c2s x1"));
  EXPECT_EQ(d.differences[0].offset, 2000);
}

// What is quick comes later.
TEST(Delayed, TheVeryFirstSegment) {
  Scene s;
  const Tcp open = syn(s);
  s.before_and_behind(Way::c2s, {open}, {});
  s.wait(milliseconds(30));
  s.before_and_behind(Way::c2s, {}, {open});
  for (int k = 0; k < 3; ++k) s.both(Way::c2s, s.c2s(k * 100, coded(static_cast<uint64_t>(k) * 100, 100)));
  s.close(300, 0);
  DiffOptions how;
  how.late = milliseconds(20);
  const Diff d = diff_traces(s.client_trace(), s.server_trace(), how);
  ASSERT_THAT(kinds(d), ElementsAre("delayed c2s x1"));
  EXPECT_EQ(d.differences[0].cls, "syn");
}

// A part of the first waits for the second, and nothing took less than no time.
TEST(Delayed, NotWhereTheFirstPartLeftBeforeTheSecondCame) {
  Scene s;
  s.handshake();
  s.before_and_behind(Way::c2s, {s.c2s(0, coded(0, 700))}, {s.c2s(0, coded(0, 400))});
  s.wait(milliseconds(250));
  s.before_and_behind(Way::c2s, {s.c2s(700, coded(700, 700))}, {s.c2s(400, coded(400, 1000))});
  s.close(1400, 0);
  DiffOptions how;
  how.late = milliseconds(20);
  EXPECT_THAT(kinds(diff_traces(s.client_trace(), s.server_trace(), how)), ElementsAre("resegmented c2s x1"));
}

TEST(Delayed, NotBelowTheThresholdAndNotUnasked) {
  EXPECT_THAT(kinds(late(milliseconds(60))), IsEmpty());
  EXPECT_THAT(kinds(late(Duration(0))), IsEmpty());
}

TEST(Delayed, NotWithoutASharedClock) {
  Scene s;
  s.handshake();
  const Tcp t = s.c2s(0, coded(0, 1000));
  s.before_and_behind(Way::c2s, {t}, {});
  s.wait(milliseconds(300));
  s.before_and_behind(Way::c2s, {}, {t});
  s.close(1000, 0);
  for (Stamped& f : s.server) f.time -= std::chrono::seconds(30);
  DiffOptions how;
  how.late = milliseconds(20);
  const Diff d = diff_traces(s.client_trace(), s.server_trace(), how);
  EXPECT_FALSE(d.shared_clock);
  EXPECT_THAT(kinds(d), Not(Contains(::testing::HasSubstr("delayed"))));
}

// A box that answers the SYN itself, long before the server does: its answer tells nothing of clocks, data does.
TEST(SharedClock, ASynAckOfAProxyIsNoWitness) {
  Scene s;
  Tcp open = syn(s), answer = s.s2c(-1), late = answer;
  answer.flags = late.flags = kSyn | kAck;
  late.seq += 5000;
  s.before_and_behind(Way::c2s, {open}, {});
  s.before_and_behind(Way::s2c, {}, {answer});
  s.wait(milliseconds(20));
  s.before_and_behind(Way::c2s, {}, {open});
  s.before_and_behind(Way::s2c, {late}, {});
  Tcp sent = s.s2c(0, coded(0, 500, Way::s2c)), arrived = sent;
  sent.seq += 5000;
  s.before_and_behind(Way::s2c, {sent}, {arrived});
  s.both(Way::c2s, s.c2s(0, coded(0, 500)));
  EXPECT_TRUE(s.diff().shared_clock);
  for (Stamped& f : s.server) f.time += std::chrono::seconds(1);
  EXPECT_FALSE(s.diff().shared_clock);
}

// A segment that the server did send, and whose acknowledgement the box raised.
TEST_F(ProxyAcked, AnAcknowledgementRaisedOnItsWay) {
  const Tcp lost = s.c2s(1000, coded(1000, 1000));
  s.before_and_behind(Way::c2s, {lost}, {});
  s.before_and_behind(Way::s2c, {ack(1000)}, {ack(2000)});
  s.wait(milliseconds(200));
  s.both(Way::c2s, lost);
  const Diff d = s.diff();
  const Difference* early = find(d, "proxy_acked");
  ASSERT_TRUE(early) << ::testing::PrintToString(kinds(d));
  EXPECT_EQ(early->way, Way::s2c);
  EXPECT_EQ(early->before, "received up to 1001");
  EXPECT_EQ(early->after, "acknowledged up to 2001");
  EXPECT_TRUE(find(d, "ack_shift"));
}

TEST_F(ProxyAcked, NotWhenItWasRaisedToWhatTheServerHad) {
  s.both(Way::c2s, s.c2s(1000, coded(1000, 1000)));
  s.before_and_behind(Way::s2c, {ack(1000)}, {ack(2000)});
  EXPECT_FALSE(find(s.diff(), "proxy_acked"));
}

// A box says in the server's name what the server says a moment later, with the window it offered before. The server's
// own comes when the next one is already sent, and is itself nonetheless.
TEST(DiffControl, AnAckInTheServersNameIsNotItsOwn) {
  Scene s;
  s.handshake();
  s.both(Way::c2s, s.c2s(0, coded(0, 300)));
  const auto ack = [&](uint32_t bytes, uint16_t window) {
    Tcp t = s.s2c(0, {}, timestamp(7, 7));
    t.ack += bytes;
    t.window = window;
    return t;
  };
  s.before_and_behind(Way::s2c, {ack(100, 503), ack(200, 502)}, {ack(100, 503), ack(200, 501)});
  s.wait(-std::chrono::milliseconds(1));
  s.before_and_behind(Way::s2c, {ack(300, 500)}, {ack(200, 502), ack(300, 500)});
  s.wait(std::chrono::seconds(1));
  s.both(Way::c2s, s.c2s(300));
  EXPECT_THAT(kinds(s.diff()), testing::ElementsAre("injected s2c x1"));
}

// The server, which forgot its half-open connection, refuses a SYN sent again: a reset without numbers of its own (RFC
// 9293 3.10.7.1). In front of the box nobody saw the SYN/ACK that would tell what they are relative to.
TEST(DiffControl, ResetBehindADroppedSynAckIsTheSameReset) {
  for (const bool edited : {false, true}) {
    Scene s;
    Tcp syn = s.c2s(-1);
    syn.flags = kSyn;
    s.both(Way::c2s, syn);
    Tcp synack = s.s2c(-1);
    synack.flags = kSyn | kAck;
    s.before_and_behind(Way::s2c, {synack}, {});
    s.both(Way::c2s, syn);
    Tcp reset = s.s2c(-1);
    reset.flags = kRst | kAck;
    reset.seq = 0;
    Tcp behind = reset;
    behind.seq = edited ? 77 : 0;
    s.before_and_behind(Way::s2c, {reset}, {behind});
    const auto found = kinds(s.diff());
    EXPECT_THAT(found, testing::Contains("dropped s2c x1"));
    EXPECT_EQ(found.size(), edited ? 2u : 1u) << testing::PrintToString(found);
  }
}

}  // namespace
}  // namespace gauntlet::test
