// DSS checksums: what an edit makes of them, whether it touched them or not.
#include <gmock/gmock.h>

#include "talk.hh"

namespace gauntlet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Ten mapped segments; `edit` changes what stands behind the box.
template <typename Edit>
Diff diff_with(bool checksum, Edit edit) {
  Talk talk = Talk::transfer(10'000, 0, checksum);
  Scene s;
  int data = 0;
  for (const Sent& sent : talk.log) {
    std::vector<Tcp> behind{sent.tcp};
    if (!sent.tcp.payload.empty()) edit(behind, data++, talk);
    s.before_and_behind(sent.way, {sent.tcp}, behind);
  }
  return s.diff();
}

TEST(DiffMappings, AnEditThatLeavesTheChecksum) {
  const auto edit = [](std::vector<Tcp>& t, int k, const Talk&) { t[0].payload[5] ^= k == 3 ? 1 : 0; };
  const Diff d = diff_with(true, edit);
  ASSERT_THAT(kinds(d), ElementsAre("changed payload c2s x1", "checksum_broken dss checksum c2s x1"));
  EXPECT_EQ(d.differences[1].offset, 3000);
  EXPECT_EQ(d.differences[1].before, "valid");
  EXPECT_THAT(kinds(diff_with(false, edit)), ElementsAre("changed payload c2s x1"));
}

TEST(DiffMappings, AnEditThatRepairsTheChecksum) {
  const Diff d = diff_with(true, [](std::vector<Tcp>& t, int k, const Talk& talk) {
    if (k != 3) return;
    t[0].payload[5] ^= 1;
    t[0].options = talk.dss(Way::c2s, 3000, 3000, t[0].payload);
  });
  EXPECT_THAT(kinds(d), ElementsAre("changed payload c2s x1", "value_changed option 30/dss c2s x1"));
}

TEST(DiffMappings, ACorruptedMapping) {
  const Diff d = diff_with(true, [](std::vector<Tcp>& t, int k, const Talk&) { t[0].options[7] ^= k == 3 ? 1 : 0; });
  EXPECT_THAT(kinds(d), ElementsAre("value_changed option 30/dss c2s x1", "checksum_broken dss checksum c2s x1"));
}

TEST(DiffMappings, CutIntoPiecesWhoseSecondIsEdited) {
  const Diff d = diff_with(true, [](std::vector<Tcp>& t, int k, const Talk&) {
    if (k != 3) return;
    t.push_back(t[0]);
    t[0].payload.resize(400);
    t[0].flags &= static_cast<uint8_t>(~kPsh);
    t[1].payload.erase(t[1].payload.begin(), t[1].payload.begin() + 400);
    t[1].options = {};
    t[1].seq += 400;
    t[1].payload[10] ^= 1;
  });
  EXPECT_THAT(kinds(d), ElementsAre("changed payload c2s x1", "split c2s x1", "checksum_broken dss checksum c2s x1"));
}

TEST(DiffMappings, WhatDidNotArriveAsAWholeIsNotJudged) {
  const Diff d = diff_with(true, [](std::vector<Tcp>& t, int k, const Talk&) {
    if (k == 3) t[0].payload.resize(400);
  });
  for (const Difference& x : d.differences) EXPECT_NE(x.field, "dss checksum");
}

TEST(DiffMappings, NothingWhereNothingWasDone) {
  EXPECT_THAT(kinds(diff_with(true, [](std::vector<Tcp>&, int, const Talk&) {})), IsEmpty());
}

}  // namespace
}  // namespace gauntlet::test
