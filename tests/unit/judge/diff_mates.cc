// What tells one flow, and one clock, from another.
#include <gmock/gmock.h>

#include "one_edit.hh"

namespace gauntlet::test {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;

// A SYN proxy in front of a server that sends nothing: its own SYN/ACK comes before the server's.
TEST(SharedClock, ASynAckWithAnotherNumberIsNoWitness) {
  Scene s;
  Tcp open = s.c2s(-1), answer = s.s2c(-1), late = answer;
  open.flags = kSyn;
  answer.flags = late.flags = kSyn | kAck;
  late.seq += 5000;
  s.before_and_behind(Way::c2s, {open}, {});
  s.before_and_behind(Way::s2c, {}, {answer});
  s.wait(milliseconds(3));
  s.before_and_behind(Way::c2s, {}, {open});
  s.before_and_behind(Way::s2c, {late}, {});
  for (int k = 0; k < 3; ++k) s.both(Way::c2s, s.c2s(k * 100, coded(static_cast<uint64_t>(k) * 100, 100)));
  EXPECT_TRUE(s.diff().shared_clock);
}

TEST(SharedClock, TheServersOwnSynAckIs) {
  Scene s;
  s.handshake();
  for (Stamped& f : s.server)
    f.time += milliseconds(500);  // forwards for what the client sends, backwards for the answer
  EXPECT_FALSE(s.diff().shared_clock);
}

// Given up and tried again from the same port, unanswered: the number is another one.
TEST(DiffFlows, AnotherNumberAfterAnUnansweredSyn) {
  Scene s;
  Tcp first = s.c2s(-1);
  first.flags = kSyn;
  first.seq = 500'000;
  s.before_and_behind(Way::c2s, {first}, {});
  s.wait(std::chrono::seconds(1));
  s.handshake();
  for (int k = 0; k < 3; ++k) s.both(Way::c2s, s.c2s(k * 100, coded(static_cast<uint64_t>(k) * 100, 100)));
  s.close(300, 0);
  const Diff d = s.diff();
  EXPECT_THAT(kinds(d), ElementsAre("dropped c2s x1", "syn_blocked c2s x1"));
  EXPECT_EQ(d.flows.size(), 2u);
}

// Flows that are all alike, behind a box that leaves nothing of their numbers: the one that a box answered itself is
// the one that began when none did on the other side, with one clock or, by its place, without.
TEST(DiffPairing, OneMissingAmongManyAlike) {
  for (const uint32_t missing : {0u, 2u, 3u}) {
    Scene s;
    for (uint32_t k = 0; k < 4; ++k) {
      for (const auto& [inside, outside] : one_of_many(s, k))
        s.before_and_behind(Way::c2s, {inside}, k == missing ? std::vector<Tcp>() : std::vector{outside});
      s.wait(milliseconds(100));
    }
    const Trace c = s.client_trace(), v = s.server_trace();
    for (const FlowPair& p : pair_flows(c, flows_of(c), v, flows_of(v))) {
      if (*p.a == missing)
        EXPECT_FALSE(p.b) << missing;
      else
        EXPECT_EQ(p.b, *p.a - (*p.a > missing ? 1 : 0)) << missing;
    }
  }
}

}  // namespace
}  // namespace gauntlet::test
