#include "payload/verifier.hh"

#include <gtest/gtest.h>

namespace gauntlet {
namespace {

using Octets = std::vector<uint8_t>;
constexpr Payload kUp{StreamDirection::c2s, 5};

void add(Octets& to, const Octets& more) { to.insert(to.end(), more.begin(), more.end()); }

PayloadVerifier fed(const Octets& bytes, uint64_t total, size_t piece) {
  PayloadVerifier v(kUp, total);
  for (size_t at = 0; at < bytes.size(); at += piece)
    v.take(std::span(bytes).subspan(at, std::min(piece, bytes.size() - at)));
  return v;
}

TEST(Verifier, RightBytesInAnyPieces) {
  const auto bytes = kUp.make(0, 20'000);
  for (const size_t piece : {1u, 7u, 64u, 1000u, 20'000u}) {
    const auto v = fed(bytes, bytes.size(), piece);
    EXPECT_EQ(v.received(), 20'000u);
    EXPECT_EQ(v.wrong_bytes(), 0u);
    EXPECT_FALSE(v.first_wrong());
  }
}

TEST(Verifier, OneFlippedByteIsFoundAnywhere) {
  const auto bytes = kUp.make(0, 5000);
  for (size_t at = 0; at < bytes.size(); at += 97) {
    auto bad = bytes;
    bad[at] ^= 0x20;
    const auto v = fed(bad, bad.size(), 512);
    EXPECT_EQ(v.wrong_bytes(), 1u);
    ASSERT_TRUE(v.first_wrong());
    EXPECT_EQ(v.first_wrong()->offset, at);
    EXPECT_EQ(v.first_wrong()->got.at(0), bad[at]);
    // What follows is in its place again: the origin says so, from the byte behind the flipped one on.
    if (at + 200 < bytes.size()) {
      ASSERT_TRUE(v.first_wrong()->origin) << at;
      EXPECT_EQ(v.first_wrong()->origin->at, at + 1);
      EXPECT_EQ(v.first_wrong()->origin->belongs_to, at + 1);
    }
  }
}

// Bytes 1000..1999 of the stream are received as bytes 3000..3999: not aligned to lines on either side.
TEST(Verifier, DisplacedBlockNamesItsOrigin) {
  auto bytes = kUp.make(0, 3000);
  add(bytes, kUp.make(1001, 1000));
  add(bytes, kUp.make(4000, 1000));
  for (const size_t piece : {1u, 100u, 5000u}) {
    const auto v = fed(bytes, bytes.size(), piece);
    const auto wrong = v.first_wrong();
    ASSERT_TRUE(wrong && wrong->origin);
    EXPECT_EQ(wrong->offset, 3000u);
    EXPECT_EQ(wrong->got.size(), PayloadVerifier::kWindow);
    EXPECT_EQ(wrong->origin->at, 3000u);
    EXPECT_EQ(wrong->origin->belongs_to, 1001u);
    EXPECT_EQ(wrong->origin->stream, kUp);
    EXPECT_GT(v.wrong_bytes(), 800u);
    EXPECT_LE(v.wrong_bytes(), 1000u);
  }
}

TEST(Verifier, DisplacementByWholeLinesStartsAtTheFirstDigitThatDiffers) {
  auto bytes = kUp.make(0, 640);
  add(bytes,
      kUp.make(1280, 640));  // "...0640 " wanted, "...1280 " there: the first digit that differs is the fourth last
  const auto wrong = fed(bytes, 5000, 64).first_wrong();
  ASSERT_TRUE(wrong && wrong->origin);
  EXPECT_EQ(wrong->offset, 640u + 13 + 12);
  EXPECT_EQ(wrong->origin->at, wrong->offset);
  EXPECT_EQ(wrong->origin->belongs_to, 1280u + 13 + 12);
}

TEST(Verifier, OffsetsCountThePreface) {
  const Payload stream{StreamDirection::c2s, 5, "USER x\r\n"};  // 8 bytes in front of the first line
  auto bytes = stream.make(0, 1000);
  EXPECT_EQ(std::string(bytes.begin(), bytes.begin() + 12), "USER x\r\nc2s ");
  PayloadVerifier right(stream, 3000);
  right.take(bytes);
  EXPECT_EQ(right.wrong_bytes(), 0u);
  add(bytes, stream.make(1500, 500));
  PayloadVerifier v(stream, 3000);
  v.take(bytes);
  ASSERT_TRUE(v.first_wrong() && v.first_wrong()->origin);
  EXPECT_EQ(v.first_wrong()->offset, 1000u);
  EXPECT_EQ(v.first_wrong()->origin->at, 1000u);
  EXPECT_EQ(v.first_wrong()->origin->belongs_to, 1500u);
}

TEST(Verifier, InsertedAndDeletedBytes) {
  auto longer = kUp.make(0, 1000);
  add(longer, {'!', '!', '!'});
  add(longer, kUp.make(1000, 1000));
  const auto inserted = fed(longer, 2000, 300).first_wrong();
  ASSERT_TRUE(inserted && inserted->origin);
  EXPECT_EQ(inserted->offset, 1000u);
  EXPECT_EQ(inserted->origin->at, 1003u);
  EXPECT_EQ(inserted->origin->belongs_to, 1000u);

  auto shorter = kUp.make(0, 1000);
  add(shorter, kUp.make(1010, 990));
  const auto deleted = fed(shorter, 2000, 300).first_wrong();
  ASSERT_TRUE(deleted && deleted->origin);
  EXPECT_EQ(deleted->offset, 1000u);
  EXPECT_EQ(deleted->origin->at, 1000u);
  EXPECT_EQ(deleted->origin->belongs_to, 1010u);
}

TEST(Verifier, ReflectedStreamIsNamed) {
  const Payload down{StreamDirection::s2c, 5};
  const auto wrong = fed(down.make(0, 300), 300, 300).first_wrong();
  ASSERT_TRUE(wrong && wrong->origin);
  EXPECT_EQ(wrong->offset, 0u);
  EXPECT_EQ(wrong->origin->stream, down);
  EXPECT_EQ(wrong->origin->belongs_to, 0u);
}

TEST(Verifier, ForeignBytesHaveNoOrigin) {
  auto bytes = kUp.make(0, 128);
  add(bytes, Octets(300, 'x'));
  const auto wrong = fed(bytes, 1000, 50).first_wrong();
  ASSERT_TRUE(wrong);
  EXPECT_EQ(wrong->offset, 128u);
  EXPECT_FALSE(wrong->origin);
}

TEST(Verifier, BytesBehindTheEndAreWrong) {
  const auto v = fed(kUp.make(0, 300), 200, 64);
  EXPECT_EQ(v.wrong_bytes(), 100u);
  ASSERT_TRUE(v.first_wrong());
  EXPECT_EQ(v.first_wrong()->offset, 200u);
}

TEST(PayloadVerifier, AnEditedPrefaceIsFoundAndWhatFollowsIsNamedByStreamOffset) {
  const Payload stream{StreamDirection::c2s, 7, "PORT 192,0,2,1\r\n"};
  auto bytes = stream.make(0, 1000);
  PayloadVerifier good(stream, 1000);
  good.take(bytes);
  EXPECT_FALSE(good.first_wrong());

  bytes.insert(bytes.begin() + 14, {'1', '2'});  // an ALG made it longer: all that follows stands two bytes late
  PayloadVerifier verifier(stream, 1000);
  verifier.take(bytes);
  const auto wrong = verifier.first_wrong();
  ASSERT_TRUE(wrong && wrong->origin);
  EXPECT_EQ(wrong->offset, 14u);
  EXPECT_EQ(wrong->origin->at - wrong->origin->belongs_to, 2u);
  EXPECT_EQ(verifier.received(), 1002u);
}

}  // namespace
}  // namespace gauntlet
