// DSS checksums: what an edit makes of them, whether it touched them or not.
#include <gmock/gmock.h>

#include "talk.hh"

namespace gauntlet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// `edit` changes what stands of a talk's data segments behind the box.
template <typename Edit>
Diff diff_of(const Talk& talk, Edit edit) {
  Scene s;
  int data = 0;
  for (const Sent& sent : talk.log) {
    std::vector<Tcp> behind{sent.tcp};
    if (!sent.tcp.payload.empty()) edit(behind, data++, talk);
    s.before_and_behind(sent.way, {sent.tcp}, behind);
  }
  return s.diff();
}
// Ten mapped segments.
template <typename Edit>
Diff diff_with(bool checksum, Edit edit) {
  return diff_of(Talk::transfer(10'000, 0, checksum), edit);
}

// The same mappings with the lower 4 bytes of their DSNs on the wire; the checksum covers all 8 (RFC 8684 3.3.1).
Talk with_short_dsns(Talk talk) {
  for (Sent& sent : talk.log) {
    if (sent.tcp.payload.empty()) continue;
    auto found = mptcp_options(sent.tcp.options);
    Dss& d = std::get<Dss>(found.at(0).option);
    d.mapping->dsn8 = false;
    d.mapping->dsn &= 0xffffffff;
    sent.tcp.options = option(d);
  }
  return talk;
}

TEST(DiffMappings, ShortDsnsCountAsWhatTheyStandFor) {
  const Talk talk = with_short_dsns(Talk::transfer(10'000, 3000, true));
  const auto edit = [](std::vector<Tcp>& t, int k, const Talk&) { t[0].payload[5] ^= k == 3 ? 1 : 0; };
  EXPECT_THAT(kinds(diff_of(talk, edit)), ElementsAre("changed payload s2c x1", "checksum_broken dss checksum s2c x1"));
  const auto corrupt = [](std::vector<Tcp>& t, int k, const Talk&) { t[0].options[7] ^= k == 2 ? 1 : 0; };
  EXPECT_THAT(kinds(diff_of(talk, corrupt)),
              ElementsAre("value_changed option 30/dss c2s x1", "checksum_broken dss checksum c2s x1"));
  EXPECT_THAT(kinds(diff_of(talk, [](std::vector<Tcp>&, int, const Talk&) {})), IsEmpty());
}

TEST(DiffMappings, ShortDsnsOfAJoinedSubflow) {
  Talk talk(true);
  talk.handshake().data(Way::c2s, 0, 1000).acks(Way::s2c).join();
  for (uint64_t at = 1000; at < 5000; at += 1000) talk.data(Way::c2s, at, 1000, 1).acks(Way::s2c, 1);
  const Diff d = diff_of(with_short_dsns(talk),
                         [](std::vector<Tcp>& t, int k, const Talk&) { t[0].payload[5] ^= k == 2 ? 1 : 0; });
  EXPECT_THAT(kinds(d), ElementsAre("changed payload c2s x1", "checksum_broken dss checksum c2s x1"));
}

// Nothing tells the keys: the upper half comes from a mapping that shows it, and nothing is said before.
TEST(DiffMappings, ShortDsnsWithoutKeys) {
  for (const bool one_is_whole : {false, true}) {
    const Talk whole = Talk::transfer(10'000, 0, true);
    Talk talk = with_short_dsns(whole);
    for (size_t k = 0; k < 3; ++k) talk.log[k].tcp.options = {2, 4, 5, 180};
    if (one_is_whole) talk.log[3] = whole.log[3];
    const Diff d = diff_of(talk, [](std::vector<Tcp>& t, int k, const Talk&) { t[0].payload[5] ^= k == 4 ? 1 : 0; });
    if (one_is_whole)
      EXPECT_THAT(kinds(d), ElementsAre("changed payload c2s x1", "checksum_broken dss checksum c2s x1"));
    else
      EXPECT_THAT(kinds(d), ElementsAre("changed payload c2s x1"));
  }
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
