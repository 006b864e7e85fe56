// Segments cut otherwise behind a box: split, merged, resegmented, and what becomes of their options.
#include <gmock/gmock.h>

#include "one_edit.hh"

namespace gauntlet::test {
namespace {

using ::testing::ElementsAre;

TEST_F(DiffKinds, SplitOptionsOnFirst) {
  const Tcp whole = s.c2s(1000, coded(1000, 1000), dss(1, 1001, 1000));
  Tcp a = whole, b = s.c2s(1600, coded(1600, 400));
  a.payload.resize(600);
  a.flags &= static_cast<uint8_t>(~kPsh);
  s.before_and_behind(Way::c2s, {whole}, {a, b});
  const Diff d = s.diff();
  ASSERT_THAT(kinds(d), ElementsAre("split c2s x1"));
  EXPECT_EQ(d.differences[0].server.size(), 2u);
}

TEST_F(DiffKinds, SplitOptionsOnAll) {
  const Raw options = timestamp(1, 2) + dss(1, 1001, 1000);
  const Tcp whole = s.c2s(1000, coded(1000, 1000), options);
  Tcp a = whole, b = s.c2s(1600, coded(1600, 400), options);
  a.payload.resize(600);
  s.before_and_behind(Way::c2s, {whole}, {a, b});
  EXPECT_THAT(kinds(s.diff()), ElementsAre("split c2s x1", "copied_to_pieces option 30/dss c2s x1"));
}

TEST_F(DiffKinds, SplitOptionsOnNone) {
  const Tcp whole = s.c2s(1000, coded(1000, 1000), dss(1, 1001, 1000));
  s.before_and_behind(Way::c2s, {whole}, {s.c2s(1000, coded(1000, 600)), s.c2s(1600, coded(1600, 400))});
  EXPECT_THAT(kinds(s.diff()), ElementsAre("split c2s x1", "removed option 30/dss c2s x1"));
}

TEST_F(DiffKinds, SplitWithOneByteChanged) {
  const Tcp whole = s.c2s(1000, coded(1000, 1000));
  Tcp a = whole, b = s.c2s(1600, coded(1600, 400));
  a.payload.resize(600);
  b.payload[5] ^= 1;
  s.before_and_behind(Way::c2s, {whole}, {a, b});
  const Diff d = s.diff();
  ASSERT_THAT(kinds(d), ElementsAre("changed payload c2s x1", "split c2s x1"));
  EXPECT_EQ(d.differences[0].offset, 1605);
}

TEST_F(DiffKinds, MergedOptionsOfTheFirst) {
  const Tcp a = s.c2s(1000, coded(1000, 500), dss(1, 1001, 500)),
            b = s.c2s(1500, coded(1500, 500), dss(501, 1501, 500));
  const Tcp both = s.c2s(1000, coded(1000, 1000), dss(1, 1001, 500));
  s.before_and_behind(Way::c2s, {a, b}, {both});
  EXPECT_THAT(kinds(s.diff()), ElementsAre("merged c2s x1", "lost_in_merge option 30/dss c2s x1"));
}

TEST_F(DiffKinds, MergedWithOneMappingRepeatedLosesNothing) {
  const Raw map = dss(1, 1001, 1000);
  const Tcp a = s.c2s(1000, coded(1000, 500), map), b = s.c2s(1500, coded(1500, 500), map);
  s.before_and_behind(Way::c2s, {a, b}, {s.c2s(1000, coded(1000, 1000), map)});
  EXPECT_THAT(kinds(s.diff()), ElementsAre("merged c2s x1"));
}

TEST_F(DiffKinds, MergedWithItsFin) {
  const Tcp a = s.c2s(1000, coded(1000, 500));
  Tcp fin = s.c2s(1500), both = a;
  fin.flags = kFin | kAck;
  both.flags = kFin | kAck | kPsh;
  s.before_and_behind(Way::c2s, {a, fin}, {both});
  EXPECT_THAT(kinds(s.diff()), ElementsAre("flags_changed fin moved c2s x1", "merged c2s x1"));
}

TEST_F(DiffKinds, Resegmented) {
  s.before_and_behind(Way::c2s, {s.c2s(1000, coded(1000, 700)), s.c2s(1700, coded(1700, 700))},
                      {s.c2s(1000, coded(1000, 400)), s.c2s(1400, coded(1400, 600)), s.c2s(2000, coded(2000, 400))});
  EXPECT_THAT(kinds(s.diff()), ElementsAre("resegmented c2s x1"));
}

// Sent again with fewer bytes to the segment, of which the box makes the segment it saw first: no byte is new.
TEST_F(DiffKinds, ARepetitionCutAsItWasFirst) {
  const Tcp first = s.c2s(1000, coded(1000, 1000)), next = s.c2s(2000, coded(2000, 1000)),
            again = s.c2s(1000, coded(1000, 990), timestamp(9, 9));
  Tcp copy = again;
  copy.payload = first.payload;
  for (const Tcp& t : {first, next}) s.both(Way::c2s, t);
  s.before_and_behind(Way::c2s, {again}, {copy});
  const Diff d = s.diff();
  ASSERT_THAT(kinds(d), ElementsAre("resegmented c2s x1"));
  EXPECT_EQ(d.differences[0].offset, 1990);
  copy.payload.back() ^= 1;  // a byte that was not sent there
  s.before_and_behind(Way::c2s, {again}, {copy});
  EXPECT_THAT(kinds(s.diff()), ElementsAre("resegmented c2s x1", "inserted payload c2s x1"));
}

// Bytes sent twice, of which a normaliser passes only the new ones: nothing is gone, and no byte is another.
TEST_F(DiffKinds, ARepetitionTrimmedToWhatIsNew) {
  const Tcp first = s.c2s(1000, coded(1000, 1000)), more = s.c2s(1500, coded(1500, 1000));
  s.both(Way::c2s, first);
  s.before_and_behind(Way::c2s, {more}, {s.c2s(2000, coded(2000, 500))});
  const Diff d = s.diff();
  ASSERT_THAT(kinds(d), ElementsAre("resegmented c2s x1"));
  EXPECT_EQ(d.differences[0].offset, 1500);
  EXPECT_EQ(d.differences[0].before, "1500-2500");
  EXPECT_EQ(d.differences[0].after, "2000-2500");
}

TEST_F(DiffKinds, ARepetitionCutShorterThanItWas) {
  const Tcp first = s.c2s(1000, coded(1000, 1000)), again = s.c2s(1000, coded(1000, 1000), timestamp(9, 9));
  Tcp copy = again;
  copy.payload.resize(600);
  s.both(Way::c2s, first);
  s.before_and_behind(Way::c2s, {again}, {copy});
  EXPECT_THAT(kinds(s.diff()), ElementsAre("resegmented c2s x1"));
}

// The same of bytes that came in no other segment: they are gone.
TEST_F(DiffKinds, ATailThatArrivedNowhere) {
  const Tcp whole = s.c2s(1000, coded(1000, 1000));
  Tcp less = whole;
  less.payload.resize(600);
  s.before_and_behind(Way::c2s, {whole}, {less});
  EXPECT_THAT(kinds(s.diff()), ElementsAre("deleted payload c2s x1"));
}

// A normaliser sends the segments it saw first again, each time with the window of what asked for them.
TEST_F(DiffKinds, TwoRepetitionsCutOtherwiseHaveTheirOwnCopies) {
  const auto part = [&](int64_t offset, size_t size, uint16_t window) {
    Tcp t = s.c2s(offset, coded(static_cast<uint64_t>(offset), size));
    t.window = window;
    return t;
  };
  for (const int64_t at : {1000, 1400, 1800}) s.both(Way::c2s, part(at, 400, 500));
  s.before_and_behind(Way::c2s, {part(1500, 500, 400)}, {part(1400, 400, 400), part(1800, 400, 400)});
  s.wait(std::chrono::milliseconds(20));
  s.before_and_behind(Way::c2s, {part(1200, 500, 300)}, {part(1000, 400, 300), part(1400, 400, 300)});
  EXPECT_THAT(kinds(s.diff()), ElementsAre("split c2s x1", "split c2s x1"));
  s.wait(std::chrono::milliseconds(20));
  s.before_and_behind(Way::c2s, {part(1700, 200, 200)}, {part(1400, 400, 200), part(1800, 400, 200)});
  s.wait(std::chrono::milliseconds(20));  // nothing of the bytes before, and yet the same copy
  s.before_and_behind(Way::c2s, {part(1450, 100, 100)}, {part(1400, 400, 100)});
  EXPECT_THAT(kinds(s.diff()), ElementsAre("split c2s x1", "split c2s x1", "split c2s x1", "resegmented c2s x1"));
}

// What was asked for with part of it is the whole copy, with the window and the acknowledgement of who asked.
TEST_F(DiffKinds, ACopyIsOfWhatAskedForIt) {
  const auto part = [&](int64_t offset, size_t size, uint16_t window) {
    Tcp t = s.c2s(offset, coded(static_cast<uint64_t>(offset), size));
    t.window = window;
    return t;
  };
  s.both(Way::c2s, part(1000, 400, 300));
  s.before_and_behind(Way::c2s, {part(1300, 100, 500)}, {part(1000, 400, 500)});
  s.wait(-std::chrono::microseconds(500));  // by less than two clocks may differ
  s.before_and_behind(Way::c2s, {part(1000, 200, 400)}, {part(1000, 400, 400)});
  EXPECT_THAT(kinds(s.diff()), ElementsAre("resegmented c2s x1", "resegmented c2s x1"));
}

// The first came with bytes that had passed and was trimmed. What is missing of it leaves later, for another one: no
// piece of the first, though both together are just as long.
TEST_F(DiffKinds, ACopyIsNoPieceOfWhatWasTrimmed) {
  s.both(Way::s2c, s.s2c(0, coded(0, 500, Way::s2c)));
  const auto part = [&](int64_t offset, size_t size, uint32_t ack) {
    Tcp t = s.c2s(offset, coded(static_cast<uint64_t>(offset), size));
    t.ack = ack;
    return t;
  };
  s.both(Way::c2s, part(1000, 200, 9001));
  s.before_and_behind(Way::c2s, {part(1000, 400, 9101)}, {part(1200, 200, 9101)});
  s.both(Way::c2s, part(1400, 100, 9201));
  s.before_and_behind(Way::c2s, {part(1100, 400, 9301)},
                      {part(1000, 200, 9301), part(1200, 200, 9301), part(1400, 100, 9301)});
  EXPECT_THAT(kinds(s.diff()), ElementsAre("resegmented c2s x1", "split c2s x1"));
}

// Joined and pushed by the box: it sounds like the last that went into it.
TEST_F(DiffKinds, OfManySentAlikeThoseThatWereJoined) {
  const auto part = [&](int64_t offset, size_t size, uint16_t window) {
    Tcp t = s.c2s(offset, coded(static_cast<uint64_t>(offset), size));
    t.window = window;
    return t;
  };
  for (const int64_t at : {1000, 2000})
    s.before_and_behind(Way::c2s, {part(at, 500, 400), part(at + 500, 500, 300)}, {part(at, 1000, 300)});
  EXPECT_THAT(kinds(s.diff()), ElementsAre("merged c2s x1", "merged c2s x1"));
}

// Without time stamps and with no identification: the second half of the whole is just like what was sent alone before
// it, which was cut as well.
TEST_F(DiffKinds, APieceEqualToOneThatWasCutItself) {
  const auto cut = [&](int64_t at, size_t size) {
    const Tcp whole = s.c2s(at, coded(static_cast<uint64_t>(at), size));
    Tcp a = whole, b = s.c2s(at + static_cast<int64_t>(size / 2),
                             Raw(whole.payload.begin() + static_cast<std::ptrdiff_t>(size / 2), whole.payload.end()));
    a.payload.resize(size / 2);
    a.flags &= static_cast<uint8_t>(~kPsh);
    s.before_and_behind(Way::c2s, {whole}, {a, b});
  };
  cut(1200, 200);
  s.wait(std::chrono::milliseconds(300));
  cut(1000, 400);
  EXPECT_THAT(kinds(s.diff()), ElementsAre("split c2s x1", "split c2s x1"));
}

// The same where a later, longer one was lost, and where the identification says that it was the one before.
TEST_F(DiffKinds, AnEqualOneIsItselfAsLongAsNothingElseIsLeftOfTheLonger) {
  const Tcp half = s.c2s(1200, coded(1200, 200)), whole = s.c2s(1000, coded(1000, 400));
  s.before_and_behind(Way::c2s, {half, whole}, {half});
  s.wait(std::chrono::seconds(1));
  s.both(Way::s2c, s.s2c(0));
  EXPECT_THAT(kinds(s.diff()), ElementsAre("dropped c2s x1"));
}

// Without time stamps: the half was sent long before the whole, and both were cut.
TEST_F(DiffKinds, AHalfSentBeforeIsNotTheHalfTheBoxMade) {
  const auto part = [&](int64_t offset, size_t size, bool mapped) {
    return s.c2s(offset, coded(static_cast<uint64_t>(offset), size), mapped ? dss(1, 1001, 1000) : Raw());
  };
  s.before_and_behind(Way::c2s, {part(1000, 500, true)}, {part(1000, 250, true), part(1250, 250, false)});
  s.before_and_behind(Way::c2s, {part(1000, 1000, true)}, {part(1000, 500, false), part(1500, 500, true)});
  EXPECT_THAT(kinds(s.diff()), ElementsAre("split c2s x1", "split c2s x1"));
}

// The first half of a segment the box cut is sent again within the same millisecond, and cut in its turn: what it has
// the range of is a piece of the whole, as the time stamps say.
TEST_F(DiffKinds, AHalfSentAgainIsNotTheHalfTheBoxMade) {
  const auto stamped = [&](int64_t offset, size_t size, uint32_t value, uint32_t ack) {
    Tcp t = s.c2s(offset, coded(static_cast<uint64_t>(offset), size), timestamp(value, 1));
    t.ack = ack;
    return t;
  };
  s.both(Way::s2c, s.s2c(0, coded(0, 500, Way::s2c)));
  s.before_and_behind(Way::c2s, {stamped(1000, 1000, 10, 9001), stamped(1000, 500, 11, 9501)},
                      {stamped(1000, 500, 10, 9001), stamped(1500, 500, 10, 9001), stamped(1000, 250, 11, 9501),
                       stamped(1250, 250, 11, 9501)});
  s.both(Way::c2s, s.c2s(2000, coded(2000, 1000)));
  const Diff d = s.diff();
  ASSERT_THAT(kinds(d), ElementsAre("split c2s x1", "split c2s x1"));
  EXPECT_EQ(d.differences[0].server.size(), 2u);
  EXPECT_EQ(d.differences[1].server.size(), 2u);
}

// The same without time stamps: the half arrived before it was sent again, if by less than any two clocks may differ.
// These two never did.
TEST_F(DiffKinds, AHalfThatArrivedBeforeItWasSentAgain) {
  for (int64_t k = 0; k < 8; ++k)
    s.both(Way::c2s, s.c2s(1000 + k * 100, coded(1000 + static_cast<uint64_t>(k) * 100, 100)));
  const Tcp whole = s.c2s(2000, coded(2000, 1000)), half = s.c2s(2000, coded(2000, 500));
  s.before_and_behind(Way::c2s, {whole}, {});
  s.wait(-std::chrono::microseconds(900));
  s.before_and_behind(Way::c2s, {}, {half});
  s.wait(-std::chrono::microseconds(500));  // the half again, 600 us after its first sending arrived
  s.before_and_behind(Way::c2s, {half},
                      {s.c2s(2500, coded(2500, 500)), s.c2s(2000, coded(2000, 250)), s.c2s(2250, coded(2250, 250))});
  EXPECT_THAT(kinds(s.diff()), ElementsAre("split c2s x1", "split c2s x1"));
}

// A stretch of 1000 bytes with a FIN behind it, cut on both sides as told: length and flags of each segment.
using Cuts = std::vector<std::pair<size_t, uint8_t>>;
std::vector<std::string> recut(const Cuts& before, const Cuts& behind) {
  Scene s;
  s.handshake();
  const auto segments = [&](const Cuts& cuts) {
    std::vector<Tcp> all;
    size_t at = 0;
    for (const auto& [size, flags] : cuts) {
      all.push_back(s.c2s(static_cast<int64_t>(at), coded(at, size)));
      all.back().flags = flags | kAck;
      at += size;
    }
    return all;
  };
  s.before_and_behind(Way::c2s, segments(before), segments(behind));
  s.wait(std::chrono::seconds(1));
  s.both(Way::s2c, s.s2c(0));
  return kinds(s.diff());
}

TEST(DiffCuts, PushMovedToAnotherPiece) {
  EXPECT_THAT(recut({{1000, kPsh}}, {{500, kPsh}, {500, 0}}),
              ElementsAre("flags_changed psh moved c2s x1", "split c2s x1"));
  EXPECT_THAT(recut({{400, 0}, {600, kPsh}}, {{500, kPsh}, {500, 0}}),
              ElementsAre("flags_changed psh moved c2s x1", "resegmented c2s x1"));
  EXPECT_THAT(recut({{500, 0}, {500, kPsh}}, {{1000, 0}}), ElementsAre("flags_changed psh c2s x1", "merged c2s x1"));
}

TEST(DiffCuts, PushThatFollowsTheCut) {
  EXPECT_THAT(recut({{1000, kPsh}}, {{500, 0}, {500, kPsh}}), ElementsAre("split c2s x1"));
  EXPECT_THAT(recut({{500, kPsh}, {500, 0}}, {{1000, kPsh}}), ElementsAre("merged c2s x1"));
  EXPECT_THAT(recut({{1000, kPsh}}, {{500, kPsh}, {500, kPsh}}), ElementsAre("split c2s x1"));
  EXPECT_THAT(recut({{500, kPsh}, {500, kPsh}}, {{400, kPsh}, {600, kPsh}}), ElementsAre("resegmented c2s x1"));
  EXPECT_THAT(recut({{500, kPsh}, {500, kPsh}}, {{600, kPsh}, {400, kPsh}}), ElementsAre("resegmented c2s x1"));
}

TEST(DiffCuts, FinMovedToAPieceOfItsOwn) {
  EXPECT_THAT(recut({{1000, kPsh | kFin}}, {{1000, kPsh}, {0, kFin}}),
              ElementsAre("flags_changed fin moved c2s x1", "split c2s x1"));
  EXPECT_THAT(recut({{1000, kPsh}, {0, kFin}}, {{1000, kPsh | kFin}}),
              ElementsAre("flags_changed fin moved c2s x1", "merged c2s x1"));
  EXPECT_THAT(recut({{1000, kPsh | kFin}}, {{500, 0}, {500, kPsh | kFin}}), ElementsAre("split c2s x1"));
  EXPECT_THAT(recut({{500, 0}, {500, kPsh | kFin}}, {{400, 0}, {600, kPsh | kFin}}), ElementsAre("resegmented c2s x1"));
}

// A short flow without time stamps: few segments tell how well the two clocks agree, and their order is told by them.
TEST(DiffCuts, FirstHalfSentAgainInAShortFlow) {
  Scene s;
  s.handshake();
  const Raw whole = coded(0, 1000);
  const auto piece = [&](int64_t from, int64_t size) {
    return s.c2s(from, Raw(whole.begin() + from, whole.begin() + from + size));
  };
  s.before_and_behind(Way::c2s, {s.c2s(0, whole)}, {piece(0, 500), piece(500, 500)});
  s.wait(-std::chrono::microseconds(600));  // sooner than the slack of two captures tells
  s.before_and_behind(Way::c2s, {piece(0, 500)}, {piece(0, 250), piece(250, 250)});
  EXPECT_THAT(kinds(s.diff()), ElementsAre("split c2s x1", "split c2s x1"));
}

}  // namespace
}  // namespace gauntlet::test
