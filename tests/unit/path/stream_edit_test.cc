#include "path/stream_edit.hh"

#include <gtest/gtest.h>

#include "util/rng.hh"

namespace gauntlet {
namespace {

using Text = std::vector<uint8_t>;

// An old stream, random edits on it, and the new stream made the plain way.
struct Story {
  StreamEdit edits;
  Text old_stream, new_stream;
};

Text rewritten(const StreamEdit& e, int64_t from, const Text& old_bytes) {
  StreamEdit::Piece piece{7, 7, old_bytes, {'s', 't', 'a', 'l', 'e'}};
  e.rewrite(from, old_bytes, piece);
  Text all = old_bytes;
  if (!piece.flipped.empty()) {
    EXPECT_EQ(piece.flipped.size(), piece.removed);
    for (size_t i = 0; i < piece.removed; ++i) all[piece.offset + i] ^= piece.flipped[i];
    return all;
  }
  const auto at = all.erase(all.begin() + static_cast<long>(piece.offset),
                            all.begin() + static_cast<long>(piece.offset + piece.removed));
  all.insert(at, piece.bytes.begin(), piece.bytes.end());
  return all;
}

Story random_story(Rng& rng) {
  Story s;
  for (int i = 0; i < 200; ++i) s.old_stream.push_back(static_cast<uint8_t>(i));
  for (size_t at = 0; at < s.old_stream.size();) {
    const size_t gap = std::min(rng.below(40), s.old_stream.size() - at);
    s.new_stream.insert(s.new_stream.end(), s.old_stream.begin() + static_cast<long>(at),
                        s.old_stream.begin() + static_cast<long>(at + gap));
    at += gap;
    const size_t removed = std::min(1 + rng.below(6), s.old_stream.size() - at);
    if (removed == 0) break;
    Text inserted(rng.below(9), 0);
    for (auto& b : inserted) b = static_cast<uint8_t>(200 + rng.below(50));
    EXPECT_TRUE(s.edits.add(static_cast<int64_t>(at), removed, inserted));
    s.new_stream.insert(s.new_stream.end(), inserted.begin(), inserted.end());
    at += removed;
  }
  return s;
}

TEST(StreamEdit, AnySegmentationGivesTheSameStream) {
  Rng rng(7);
  for (int round = 0; round < 300; ++round) {
    const Story s = random_story(rng);
    Text rebuilt;
    for (size_t from = 0; from < s.old_stream.size();) {
      const size_t to = std::min(from + 1 + rng.below(30), s.old_stream.size());
      ASSERT_EQ(s.edits.forward(static_cast<int64_t>(from)), static_cast<int64_t>(rebuilt.size()))
          << "position " << from;
      const Text piece(s.old_stream.begin() + static_cast<long>(from), s.old_stream.begin() + static_cast<long>(to));
      const Text bytes = rewritten(s.edits, static_cast<int64_t>(from), piece);
      if (!s.edits.touches(static_cast<int64_t>(from), static_cast<int64_t>(to))) {
        EXPECT_EQ(bytes, piece);
      }
      rebuilt.insert(rebuilt.end(), bytes.begin(), bytes.end());
      from = to;
    }
    ASSERT_EQ(rebuilt, s.new_stream);
  }
}

// An acknowledgement may say less than the receiver has, never more; and what is all received is all acknowledged.
TEST(StreamEdit, PositionsMapBackWithoutPromisingMore) {
  Rng rng(8);
  for (int round = 0; round < 300; ++round) {
    const Story s = random_story(rng);
    const auto size = static_cast<int64_t>(s.old_stream.size());
    for (int64_t n = 0; n <= static_cast<int64_t>(s.new_stream.size()); ++n) {
      const int64_t back = s.edits.back(n), left = s.edits.back_left(n);
      ASSERT_LE(s.edits.forward(back), n);
      ASSERT_GT(s.edits.forward(back + 1), n) << "the furthest";
      ASSERT_GE(s.edits.forward(left), n);
      if (left > 0) {
        ASSERT_LT(s.edits.forward(left - 1), n) << "the nearest";
      }
    }
    EXPECT_EQ(s.edits.back(static_cast<int64_t>(s.new_stream.size())), size);
    EXPECT_EQ(s.edits.back(static_cast<int64_t>(s.new_stream.size()) + 1), size + 1) << "FIN";
  }
}

TEST(StreamEdit, RefusesOverlaps) {
  StreamEdit e;
  EXPECT_TRUE(e.add(10, 5, {1, 2, 3, 4, 5}));
  EXPECT_FALSE(e.add(14, 2, {9, 9}));
  EXPECT_FALSE(e.add(8, 3, {9, 9, 9}));
  EXPECT_TRUE(e.add(8, 2, {9, 9}));
  EXPECT_TRUE(e.add(15, 1, {}));
  EXPECT_EQ(e.count(), 3u);
}

// One byte in every ten becomes two: far along, both ways agree, and early edits are gone.
TEST(StreamEdit, ForgetsTheFirstOfVeryMany) {
  StreamEdit e;
  constexpr int64_t kMany = 5 * static_cast<int64_t>(StreamEdit::kKept);
  for (int64_t i = 0; i < kMany; ++i) ASSERT_TRUE(e.add(10 * i, 1, {'a', 'b'}));
  EXPECT_EQ(e.count(), static_cast<size_t>(kMany));
  EXPECT_FALSE(e.touches(0, 10)) << "of the first nothing is kept";
  EXPECT_FALSE(e.add(5, 1, {'x'})) << "nor may anything be added there";
  for (int64_t i = kMany - static_cast<int64_t>(StreamEdit::kKept); i < kMany; ++i) {
    ASSERT_TRUE(e.touches(10 * i, 10 * i + 1));
    ASSERT_EQ(e.forward(10 * i), 11 * i);
    ASSERT_EQ(e.forward(10 * i + 5), 11 * i + 6);
    ASSERT_EQ(e.back(11 * i + 6), 10 * i + 5);
    ASSERT_EQ(e.back_left(11 * i), 10 * i);
  }
  EXPECT_EQ(rewritten(e, 10 * (kMany - 1), {'0', '1'}), (Text{'a', 'b', '1'}));
}

// However long the stream: what was acknowledged goes, and what was not is as it was.
TEST(StreamEdit, ForgetsWhatIsNotAskedForAgain) {
  StreamEdit e;
  const Text bits(1000, 0xff);
  for (int64_t i = 0; i < 100'000; ++i) {
    ASSERT_TRUE(e.flip(1000 * i, bits));
    e.forget_before(1000 * i - 50'000);
    ASSERT_LE(e.kept(), 1024u);
    ASSERT_TRUE(e.touches(1000 * std::max<int64_t>(0, i - 50), 1000 * std::max<int64_t>(0, i - 50) + 1));
  }
  EXPECT_FALSE(e.touches(0, 1000));
  EXPECT_FALSE(e.flip(0, bits)) << "what is forgotten is not edited anew";
}

// A retransmission that begins in the middle of one and ends in the next.
TEST(StreamEdit, FlipsTheSameBitsInEveryPiece) {
  StreamEdit e;
  const Text bits{1, 2, 4, 8};
  ASSERT_TRUE(e.flip(10, bits));
  ASSERT_TRUE(e.flip(20, bits));
  EXPECT_FALSE(e.flip(13, bits));
  EXPECT_FALSE(e.add(23, 1, {9}));
  EXPECT_EQ(e.forward(24), 24);
  EXPECT_EQ(e.back(12), 12);
  EXPECT_EQ(rewritten(e, 9, {0, 0, 0, 0, 0, 0}), (Text{0, 1, 2, 4, 8, 0}));
  EXPECT_EQ(rewritten(e, 12, {0x40, 0x40, 0, 0, 0, 0, 0, 0, 0, 0x40}), (Text{0x44, 0x48, 0, 0, 0, 0, 0, 0, 1, 0x42}));
  EXPECT_EQ(rewritten(e, 11, {0}), Text{2});
}

}  // namespace
}  // namespace gauntlet
