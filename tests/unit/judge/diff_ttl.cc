// TTL: which loss is the path's and which a box's.
#include <gmock/gmock.h>

#include <functional>

#include "one_edit.hh"

namespace gauntlet::test {
namespace {

using ::testing::ElementsAre;

// Ten segments of data; `edit` changes what stands behind the box.
std::vector<std::string> data_with(const std::function<void(Tcp&, int)>& edit) {
  Scene s;
  s.handshake();
  for (int k = 0; k < 10; ++k) edited(s, k * 1000, {}, [&](Tcp& t) { edit(t, k); });
  s.close(10'000, 0);
  return kinds(s.diff());
}

TEST(DiffTtl, FixedOnMostPacketsButOnOneKindOfSegment) {
  EXPECT_THAT(data_with([](Tcp& t, int) { t.ttl = 40; }), ElementsAre("ttl_delta ttl c2s x10"));
}

TEST(DiffTtl, AnotherLossOnSome) {
  EXPECT_THAT(data_with([](Tcp& t, int k) { t.ttl = k < 2 ? 59 : 64; }), ElementsAre("ttl_delta ttl c2s x2"));
}

// As many kinds of segment lost one number as the other: the way back tells.
TEST(DiffTtl, TheWayBackTells) {
  Scene s;
  Tcp open = s.c2s(-1), lowered = open;
  open.flags = lowered.flags = kSyn;
  lowered.ttl = 33;
  s.before_and_behind(Way::c2s, {open}, {lowered});
  Tcp answer = s.s2c(-1);
  answer.flags = kSyn | kAck;
  s.both(Way::s2c, answer);
  s.both(Way::c2s, s.c2s(0));
  EXPECT_THAT(kinds(s.diff()), ElementsAre("ttl_delta ttl c2s x1"));
}

}  // namespace
}  // namespace gauntlet::test
