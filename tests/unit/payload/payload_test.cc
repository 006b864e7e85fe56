#include "payload/payload.hh"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace gauntlet {
namespace {

std::string text(const std::vector<uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

TEST(Payload, LinesNameDirectionTagAndOffset) {
  const Payload up{StreamDirection::c2s, 0x2a}, down{StreamDirection::s2c, 0xdeadbeef};
  EXPECT_EQ(text(up.make(4096, 30)), "c2s 0000002a 0000000000004096 ");
  EXPECT_EQ(text(down.make(64 * 1'000'000'007ULL, 30)), "s2c deadbeef 0000064000000448 ");
  const std::string line = text(up.make(0, 64));
  EXPECT_EQ(line[63], '\n');
  EXPECT_EQ(line.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567\n", 30), std::string::npos);
}

TEST(Payload, AnyPieceIsThatPieceOfTheWhole) {
  const Payload p{StreamDirection::s2c, 7};
  const auto whole = p.make(0, 400);
  for (size_t at = 0; at < 200; at += 13) {
    for (size_t size = 0; size < 200; size += 17) {
      EXPECT_EQ(p.make(at, size), std::vector<uint8_t>(&whole[at], &whole[at] + size)) << at << " " << size;
    }
  }
}

TEST(Payload, NeighboursDifferInTheirFiller) {
  std::set<std::string> seen;
  const Payload p{StreamDirection::c2s, 1};
  for (uint64_t i = 0; i < 1000; ++i) seen.insert(text(p.make(i * 64 + 30, 8)));
  EXPECT_EQ(seen.size(), 1000u);
}

TEST(Payload, ReadsItsOwnLinesAndNoOther) {
  const Payload p{StreamDirection::s2c, 0xabc};
  auto line = p.make(640, 64);
  const auto found = read_line(line);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->stream, p);
  EXPECT_EQ(found->offset, 640u);
  EXPECT_FALSE(read_line(std::span(line).first(63)));
  for (size_t i = 0; i < 64; ++i) {
    auto bad = line;
    bad[i] ^= 1;
    EXPECT_FALSE(read_line(bad)) << i;
  }
  EXPECT_FALSE(read_line(p.make(641, 64)));
}

TEST(Payload, APrefaceStandsBeforeTheFirstLine) {
  const Payload plain{StreamDirection::c2s, 7};
  const Payload with{StreamDirection::c2s, 7, "PORT 1\r\n"};
  EXPECT_EQ(text(with.make(0, 300)), "PORT 1\r\n" + text(plain.make(0, 292)));
  for (size_t at = 0; at < 20; ++at) EXPECT_EQ(text(with.make(at, 100)), text(with.make(0, 300)).substr(at, 100)) << at;
  EXPECT_EQ(text(with.make(3, 2)), "T ");
  EXPECT_EQ(with, plain) << "the same stream, so a displaced line of it is no foreign one";
}

}  // namespace
}  // namespace gauntlet
