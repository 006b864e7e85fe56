// What boxes do to options, one record each.
#include <gmock/gmock.h>

#include "one_edit.hh"

namespace gauntlet::test {
namespace {

using ::testing::ElementsAre;

TEST_F(DiffKinds, OptionRemoved) {
  EXPECT_THAT(one(timestamp(1, 2) + dss(1, 1001, 1000), [](Tcp& t) { t.options = timestamp(1, 2); }),
              ElementsAre("removed option 30/dss c2s x1"));
}
TEST_F(DiffKinds, OptionNopped) {
  EXPECT_THAT(one(dss(1, 1001, 1000) + timestamp(1, 2),
                  [](Tcp& t) { std::fill(t.options.begin(), t.options.begin() + t.options[1], uint8_t{1}); }),
              ElementsAre("nopped option 30/dss c2s x1"));
}
TEST_F(DiffKinds, OptionEoledHidesWhatFollows) {
  EXPECT_THAT(one(dss(1, 1001, 1000) + timestamp(1, 2), [](Tcp& t) { t.options[0] = 0; }),
              ElementsAre("eoled option 30/dss c2s x1", "truncated_after_eol option 8 c2s x1"));
}
TEST_F(DiffKinds, OptionEoledByFilling) {
  EXPECT_THAT(one(timestamp(1, 2) + dss(1, 1001, 1000),
                  [](Tcp& t) { std::fill(t.options.begin() + 12, t.options.end(), uint8_t{0}); }),
              ElementsAre("eoled option 30/dss c2s x1"));
}
TEST_F(DiffKinds, OptionAdded) {
  EXPECT_THAT(one(timestamp(1, 2), [](Tcp& t) { t.options = t.options + option(MpPrio{true}); }),
              ElementsAre("added option 30/prio c2s x1"));
}
TEST_F(DiffKinds, OptionReordered) {
  EXPECT_THAT(
      one(option(MpPrio{true}) + timestamp(1, 2), [](Tcp& t) { t.options = timestamp(1, 2) + option(MpPrio{true}); }),
      ElementsAre("option_reordered option 8 c2s x1"));
}
TEST_F(DiffKinds, OptionValue) {
  EXPECT_THAT(
      one(timestamp(1, 2) + dss(1, 1001, 1000), [](Tcp& t) { t.options = timestamp(1, 2) + dss(1, 1001, 999); }),
      ElementsAre("value_changed option 30/dss c2s x1"));
}
TEST_F(DiffKinds, OptionKindChanged) {
  EXPECT_THAT(one(dss(1, 1001, 1000), [](Tcp& t) { t.options[0] = 253; }),
              ElementsAre("removed option 30/dss c2s x1", "added option 253 c2s x1"));
}
TEST_F(DiffKinds, OptionPadding) {
  EXPECT_THAT(
      one({1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2}, [](Tcp& t) { t.options = {8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 1}; }),
      ElementsAre("value_changed option padding c2s x1"));
}

TEST(DiffSyn, MssAndWindowScale) {
  Scene s;
  Tcp before = s.c2s(-1, {}, {2, 4, 5, 180, 3, 3, 7, 1}), behind = before;
  before.flags = behind.flags = kSyn;
  behind.options = {2, 4, 5, 100, 3, 3, 6, 1};
  s.before_and_behind(Way::c2s, {before}, {behind});
  const Diff d = s.diff();
  EXPECT_THAT(kinds(d), ElementsAre("mss_clamped option 2 c2s x1", "wscale_changed option 3 c2s x1"));
  EXPECT_EQ(d.differences[0].cls, "syn");
}

TEST(DiffSyn, Blocked) {
  Scene s;
  Tcp syn = s.c2s(-1);
  syn.flags = kSyn;
  for (int i = 0; i < 3; ++i) {
    s.before_and_behind(Way::c2s, {syn}, {});
    s.wait(std::chrono::seconds(1));
  }
  s.raw(true, true, Raw{0x45, 0,  0,   32, 0, 1, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1,
                        198,  51, 100, 1,  1, 2, 3, 4, 0,  12, 0, 0, 9,   9, 9, 9});
  EXPECT_THAT(kinds(s.diff()), ElementsAre("dropped c2s x1", "syn_blocked c2s x3", "dropped c2s x1", "dropped c2s x1"));
}

}  // namespace
}  // namespace gauntlet::test
