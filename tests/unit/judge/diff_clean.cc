// Pairs of captures in which nothing happened between the cuts: no record, whatever happened elsewhere.
#include <gmock/gmock.h>

#include <algorithm>

#include "scene.hh"

namespace gauntlet::test {
namespace {

using ::testing::IsEmpty;

TEST(DiffClean, PlainTransfer) {
  Scene s;
  s.handshake();
  for (int i = 0; i < 20; ++i) s.both(Way::c2s, s.c2s(i * 1000, coded(static_cast<uint64_t>(i) * 1000, 1000)));
  s.close(20000, 0);
  const Diff d = s.diff();
  EXPECT_THAT(kinds(d), IsEmpty());
  EXPECT_EQ(d.compared, 26u);
  EXPECT_EQ(d.flows.size(), 1u);
  EXPECT_TRUE(d.shared_clock);
}

TEST(DiffClean, LossOutsideAndRetransmission) {
  // Segment 1 is lost behind the server's cut: both cuts see it twice, with different time stamps.
  Scene s;
  s.handshake();
  for (const int i : {0, 1, 2, 3, 1, 4})
    s.both(Way::c2s,
           s.c2s(i * 1000, coded(static_cast<uint64_t>(i) * 1000, 1000), timestamp(static_cast<uint32_t>(100 + i), 5)));
  s.close(5000, 0);
  EXPECT_THAT(kinds(s.diff()), IsEmpty());
}

TEST(DiffClean, LossBeforeTheFirstCut) {
  Scene s;
  s.handshake();
  for (const int i : {0, 2, 3, 1, 4})
    s.both(Way::c2s, s.c2s(i * 1000, coded(static_cast<uint64_t>(i) * 1000, 1000)));  // reordered at both
  s.close(5000, 0);
  EXPECT_THAT(kinds(s.diff()), IsEmpty());
}

TEST(DiffClean, RetransmittedInOtherCuts) {
  Scene s;
  s.handshake();
  s.both(Way::c2s, s.c2s(0, coded(0, 1000)));
  s.both(Way::c2s, s.c2s(1000, coded(1000, 1000)));
  s.both(Way::c2s, s.c2s(0, coded(0, 1500)));
  s.both(Way::c2s, s.c2s(1500, coded(1500, 700)));
  s.both(Way::c2s, s.c2s(0, coded(0, 300)));
  EXPECT_THAT(kinds(s.diff()), IsEmpty());
}

TEST(DiffClean, DuplicateAcknowledgements) {
  Scene s;
  s.handshake();
  for (int i = 0; i < 5; ++i) s.both(Way::s2c, s.s2c(0));
  s.both(Way::c2s, s.c2s(0, coded(0, 10)));
  EXPECT_THAT(kinds(s.diff()), IsEmpty());
}

TEST(DiffClean, LongFlowOfEqualBytesAndWrappingNumbers) {
  Scene s;
  Tcp syn;
  syn.flags = kSyn;
  syn.seq = 0xfffffff0;
  s.both(Way::c2s, syn);
  uint32_t at = syn.seq + 1;
  for (int i = 0; i < 8; ++i, at += 700) {
    Tcp t;
    t.seq = at;
    t.payload = Raw(700, 'x');
    s.both(Way::c2s, t);
  }
  EXPECT_THAT(kinds(s.diff()), IsEmpty());
}

TEST(DiffClean, IPv6) {
  Scene s;
  for (int i = 0; i < 3; ++i) {
    Tcp t = s.c2s(i * 100, coded(static_cast<uint64_t>(i) * 100, 100));
    t.source = "2001:db8::1";
    t.destination = "2001:db8:1::1";
    s.both(Way::c2s, t);
  }
  EXPECT_THAT(kinds(s.diff()), IsEmpty());
}

TEST(DiffClean, FragmentsAndDatagrams) {
  Scene s;
  Raw udp{0x45, 0, 0, 32, 0, 1, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 198, 51, 100, 1, 1, 2, 3, 4, 0, 12, 0, 0, 9, 9, 9, 9};
  Raw fragment = udp;
  fragment[6] = 0x20;  // more fragments
  s.raw(true, true, udp);
  s.raw(true, true, fragment);
  const Diff d = s.diff();
  EXPECT_THAT(kinds(d), IsEmpty());
  EXPECT_EQ(d.compared, 2u);
}

TEST(DiffClean, InFlightWhenTheCaptureEnds) {
  Scene s;
  s.handshake();
  s.both(Way::c2s, s.c2s(0, coded(0, 100)));
  s.before_and_behind(Way::c2s, {s.c2s(100, coded(100, 100))}, {});
  const Diff d = s.diff();
  EXPECT_THAT(kinds(d), IsEmpty());
  EXPECT_EQ(d.edges, 1u);
}

TEST(DiffClean, EmptyAndOneSided) {
  Scene s;
  EXPECT_THAT(kinds(s.diff()), IsEmpty());
  s.handshake();
  s.server.clear();
  const Diff d = s.diff();
  const auto alone = std::count_if(d.differences.begin(), d.differences.end(),
                                   [](const Difference& x) { return x.kind == "dropped" || x.kind == "injected"; });
  EXPECT_EQ(static_cast<uint64_t>(alone) + d.edges, 3u);
}

}  // namespace
}  // namespace gauntlet::test
