// One edit between the cuts, one record (or the set that edit cannot do without), with place and direction: fields,
// payload, presence.
#include <gmock/gmock.h>

#include <filesystem>

#include "one_edit.hh"

namespace gauntlet::test {
namespace {

using ::testing::ElementsAre;

TEST_F(DiffKinds, Window) {
  EXPECT_THAT(one({}, [](Tcp& t) { t.window = 7; }), ElementsAre("window_changed window c2s x1"));
}
TEST_F(DiffKinds, Ttl) {
  EXPECT_THAT(one({}, [](Tcp& t) { t.ttl = 99; }), ElementsAre("ttl_delta ttl c2s x1"));
}
TEST_F(DiffKinds, IpId) {
  EXPECT_THAT(one({}, [](Tcp& t) { t.id = 99; }), ElementsAre("ip_id_rewritten ip id c2s x1"));
}
TEST_F(DiffKinds, Flags) {
  EXPECT_THAT(one({}, [](Tcp& t) { t.flags ^= kPsh | kEce; }), ElementsAre("flags_changed psh+ece c2s x1"));
}
TEST_F(DiffKinds, Acknowledgement) {
  EXPECT_THAT(one({}, [](Tcp& t) { t.ack -= 1; }), ElementsAre("ack_shift ack c2s x1"));
}
TEST_F(DiffKinds, Checksum) {
  EXPECT_THAT(one({}, [](Tcp& t) { t.break_checksum = true; }), ElementsAre("checksum_broken tcp checksum c2s x1"));
}

// IPv6 has no checksum over its header, and the segment reads the same.
TEST_F(DiffKinds, LengthThatTheIpv6HeaderClaims) {
  for (const bool before : {false, true}) {
    Scene six;
    for (int i = 0; i < 3; ++i) {
      Tcp t = six.c2s(i * 100, i == 1 ? Raw{} : coded(static_cast<uint64_t>(i) * 100, 100));
      t.source = "2001:db8::1";
      t.destination = "2001:db8:1::1";
      six.both(Way::c2s, t);
    }
    (before ? six.client : six.server)[1].bytes[5] ^= 8;
    EXPECT_THAT(kinds(six.diff()), ElementsAre("value_changed ip length c2s x1")) << before;
  }
}

TEST_F(DiffKinds, PayloadChangedNamesTheOffset) {
  edited(s, 1000, {}, [](Tcp& t) { t.payload[77] ^= 0x20; });
  const Diff d = s.diff();
  ASSERT_THAT(kinds(d), ElementsAre("changed payload c2s x1"));
  EXPECT_EQ(d.differences[0].offset, 1077);
  EXPECT_EQ(d.differences[0].cls, "data");
  EXPECT_EQ(d.differences[0].client.at(0).number, 5u);
  EXPECT_EQ(d.differences[0].server.at(0).number, 5u);
}

TEST_F(DiffKinds, TwoDistantChangesAreTwoRecords) {
  EXPECT_THAT(one({}, [](Tcp& t) { t.payload[1] ^= 1, t.payload[500] ^= 1; }),
              ElementsAre("changed payload c2s x1", "changed payload c2s x1"));
}

TEST_F(DiffKinds, Inserted) {
  edited(s, 1000, {}, [](Tcp& t) { t.payload.insert(t.payload.begin() + 100, {'X', 'Y', 'Z'}); });
  Tcp before = s.c2s(2000, coded(2000, 1000)), behind = before;
  behind.seq += 3;
  s.before_and_behind(Way::c2s, {before}, {behind});
  Tcp ack = s.s2c(0), ack_behind = ack;  // the server acknowledges 3003, the client is told 3000
  ack.ack = 1001 + 3003;
  ack_behind.ack = 1001 + 3000;
  s.before_and_behind(Way::s2c, {ack}, {ack_behind});
  const Diff d = s.diff();
  ASSERT_THAT(kinds(d), ElementsAre("inserted payload c2s x1", "seq_shift_from seq c2s x1"));
  EXPECT_EQ(d.differences[0].offset, 1100);
  EXPECT_EQ(d.differences[1].after, "+3");
}

TEST_F(DiffKinds, InsertedWithoutTranslatedAcknowledgement) {
  edited(s, 1000, {}, [](Tcp& t) { t.payload.insert(t.payload.begin() + 100, {'X', 'Y', 'Z'}); });
  Tcp before = s.c2s(2000, coded(2000, 1000)), behind = before;
  behind.seq += 3;
  s.before_and_behind(Way::c2s, {before}, {behind});
  Tcp ack = s.s2c(0);
  ack.ack = 1001 + 3003;
  s.both(Way::s2c, ack);
  EXPECT_THAT(kinds(s.diff()),
              ElementsAre("inserted payload c2s x1", "seq_shift_from seq c2s x1", "ack_shift ack s2c x1"));
}

TEST_F(DiffKinds, Deleted) {
  edited(s, 1000, {}, [](Tcp& t) { t.payload.erase(t.payload.begin() + 200, t.payload.begin() + 210); });
  Tcp before = s.c2s(2000, coded(2000, 1000)), behind = before;
  behind.seq -= 10;
  s.before_and_behind(Way::c2s, {before}, {behind});
  const Diff d = s.diff();
  ASSERT_THAT(kinds(d), ElementsAre("deleted payload c2s x1", "seq_shift_from seq c2s x1"));
  EXPECT_EQ(d.differences[0].offset, 1200);
}

TEST_F(DiffKinds, InsertedInTheLastSegmentIsMeasuredAgainstTheFin) {
  edited(s, 1000, {}, [](Tcp& t) { t.payload.insert(t.payload.end(), {'X', 'Y'}); });
  Tcp before = s.c2s(2000), behind = before;
  before.flags = behind.flags = kFin | kAck;
  behind.seq += 2;
  s.before_and_behind(Way::c2s, {before}, {behind});
  EXPECT_THAT(kinds(s.diff()), ElementsAre("inserted payload c2s x1", "seq_shift_from seq c2s x1"));
}

TEST_F(DiffKinds, DroppedThenRetransmitted) {
  const Tcp t = s.c2s(1000, coded(1000, 1000));
  s.before_and_behind(Way::c2s, {t}, {});
  s.wait(std::chrono::milliseconds(200));
  s.both(Way::c2s, t);
  const Diff d = s.diff();
  ASSERT_THAT(kinds(d), ElementsAre("dropped c2s x1"));
  EXPECT_EQ(d.differences[0].client.at(0).number, 5u);  // the first copy, not the second
}

// Equal copies are told apart by their identification: the second overtakes the first, which nobody rewrote.
TEST_F(DiffKinds, ARetransmissionThatOvertakesItsOriginal) {
  Tcp first = s.c2s(1000, coded(1000, 1000)), again = first, between = s.c2s(2000, coded(2000, 1000));
  first.id = 11, between.id = 12, again.id = 13;
  s.before_and_behind(Way::c2s, {first, between, again}, {between, again, first});
  const Diff d = s.diff();
  ASSERT_THAT(kinds(d), ElementsAre("reordered c2s x1"));
  EXPECT_EQ(d.differences[0].client.at(0).number, 5u);
  EXPECT_EQ(d.differences[0].server.at(0).number, 7u);
}

TEST_F(DiffKinds, OfTwoCopiesTheOneThatArrivedIsNamed) {
  Tcp first = s.c2s(1000, coded(1000, 1000)), again = first;
  first.id = 11, again.id = 12;
  s.before_and_behind(Way::c2s, {first, again}, {first});
  s.both(Way::c2s, s.c2s(2000, coded(2000, 1000)));
  const Diff d = s.diff();
  ASSERT_THAT(kinds(d), ElementsAre("dropped c2s x1"));
  EXPECT_EQ(d.differences[0].client.at(0).number, 6u);
}

TEST_F(DiffKinds, Injected) {
  s.before_and_behind(Way::s2c, {}, {s.s2c(0, coded(0, 50, Way::s2c))});
  EXPECT_THAT(kinds(s.diff()), ElementsAre("injected s2c x1"));
}

TEST_F(DiffKinds, ResetInjected) {
  Tcp t = s.s2c(0);
  t.flags = kRst;
  s.before_and_behind(Way::s2c, {}, {t});
  EXPECT_THAT(kinds(s.diff()), ElementsAre("rst_injected s2c x1"));
}

TEST_F(DiffKinds, Duplicated) {
  const Tcp t = s.c2s(1000, coded(1000, 1000));
  s.before_and_behind(Way::c2s, {t}, {t, t});
  EXPECT_THAT(kinds(s.diff()), ElementsAre("duplicated c2s x1"));
}

TEST_F(DiffKinds, Reordered) {
  const Tcp a = s.c2s(1000, coded(1000, 1000)), b = s.c2s(2000, coded(2000, 1000)), c = s.c2s(3000, coded(3000, 1000));
  s.before_and_behind(Way::c2s, {a, b, c}, {b, c, a});
  EXPECT_THAT(kinds(s.diff()), ElementsAre("reordered c2s x1"));
}

// Two alike copies go in, one comes out: the one that kept the order, nothing overtook anything.
TEST_F(DiffKinds, OneOfTwoCopiesDropped) {
  Tcp a = s.c2s(1000, coded(1000, 500)), b = s.c2s(1500, coded(1500, 500));
  a.id = 1, b.id = 2;
  for (const std::vector<Tcp>& behind : {std::vector{a, b, b}, {b, a, b}, {a, a, b}, {a, b, a}}) {
    Scene one;
    one.handshake();
    one.both(Way::c2s, one.c2s(0, coded(0, 1000)));
    one.before_and_behind(Way::c2s, {a, b, a, b}, behind);
    one.both(Way::c2s, one.c2s(2000, coded(2000, 1000)));
    EXPECT_THAT(kinds(one.diff()), ElementsAre("dropped c2s x1"));
  }
  s.before_and_behind(Way::c2s, {a, b, a, b}, {b, b, a});  // no choice keeps this in order
  s.both(Way::c2s, s.c2s(2000, coded(2000, 1000)));
  EXPECT_THAT(kinds(s.diff()), ::testing::UnorderedElementsAre("dropped c2s x1", "reordered c2s x1"));
}

// Every number is by now that of the acknowledgement before it, but each carries its own time stamps.
TEST_F(DiffKinds, AcknowledgementsShiftedByTheirDistance) {
  for (const bool stamped : {true, false}) {
    Scene t;
    t.handshake();
    std::vector<Tcp> sent, arrived;
    for (uint32_t k = 0; k < 6; ++k) {
      Tcp ack = t.s2c(0, {}, stamped ? timestamp(100 + k, 7) : Raw{});
      ack.ack += 1000 * k;
      ack.id = static_cast<uint16_t>(20 + k);
      sent.push_back(ack);
      ack.ack -= 1000;
      arrived.push_back(ack);
    }
    for (size_t k = 0; k < sent.size(); k += 2)  // two at once: time does not tell them apart
      t.before_and_behind(Way::s2c, {sent[k], sent[k + 1]}, {arrived[k], arrived[k + 1]});
    t.both(Way::c2s, t.c2s(0, coded(0, 1000)));
    EXPECT_THAT(kinds(t.diff()), ::testing::AllOf(::testing::SizeIs(6), ::testing::Each("ack_shift ack s2c x1")));
  }
}

}  // namespace
}  // namespace gauntlet::test
