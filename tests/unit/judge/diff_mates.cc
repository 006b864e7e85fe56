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

}  // namespace
}  // namespace gauntlet::test
