// Checksums against the numbers the RFCs print, and by difference against in full.
#include "wire/checksum.hh"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "make.hh"

namespace gauntlet {
namespace {

// As RFC 1071 4.1 writes it: 16 bits at a time, nothing clever.
uint16_t plain_sum(ConstBytes bytes) {
  uint32_t sum = 0;
  for (size_t i = 0; i < bytes.size(); i += 2) {
    sum += static_cast<uint32_t>(bytes[i] << 8) + (i + 1 < bytes.size() ? bytes[i + 1] : 0u);
    sum = (sum & 0xffff) + (sum >> 16);
  }
  return static_cast<uint16_t>(sum);
}

TEST(Checksum, Rfc1071Example) {  // RFC 1071 3: sum ddf0 plus the carries 2
  const std::array<uint8_t, 8> bytes{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
  EXPECT_EQ(sum16(bytes), 0xddf2);
}

TEST(Checksum, Rfc1624Example) {  // RFC 1624 4: DD2F, 5555 becomes 3285; equation 3 gives 0000 where RFC 1141 gave FFFF
  EXPECT_EQ(update16(0xdd2f, 0x5555, 0x3285), 0x0000);
}

TEST(Checksum, NoChangeLeavesEveryChecksumAlone) {
  EXPECT_EQ(update16(0xffff, 0x1234, 0x1234), 0xffff);
  EXPECT_EQ(update16(0x0000, 0x1234, 0x1234), 0x0000);
  EXPECT_EQ(update32(0xffff, 0x12345678, 0x12345678), 0xffff);
}

TEST(Checksum, SumIsThePlainOneForEveryLengthAndAlignment) {
  Rng rng(1);
  const auto bytes = random_bytes(rng, 200);
  for (size_t at = 0; at < 8; ++at) {
    for (size_t n = 0; at + n <= bytes.size(); ++n) {
      const ConstBytes part = ConstBytes(bytes).subspan(at, n);
      ASSERT_EQ(sum16(part), plain_sum(part)) << "at " << at << " size " << n;
    }
  }
}

TEST(Checksum, LongRunsOfOnesCarry) {
  const std::vector<uint8_t> ones(65535, 0xff);
  EXPECT_EQ(sum16(ones), plain_sum(ones));
  EXPECT_EQ(sum16(ones, 0xffffffff), plain_sum(ones));
}

TEST(Checksum, ByDifferenceIsInFull) {
  Rng rng(2);
  for (int i = 0; i < 20000; ++i) {
    auto bytes = random_bytes(rng, 2 + rng.below(99));
    bytes[0] |= 1;  // an all-zero buffer alone has two representations of its sum
    const size_t at = 1 + rng.below(bytes.size() - 1), n = rng.below(bytes.size() - at + 1);
    const auto replacement = random_bytes(rng, n);
    const uint16_t before = static_cast<uint16_t>(~sum16(bytes));
    const uint16_t by_difference = update_bytes(before, ConstBytes(bytes).subspan(at, n), replacement, at % 2 != 0);
    std::copy(replacement.begin(), replacement.end(), bytes.begin() + static_cast<long>(at));
    ASSERT_EQ(by_difference, static_cast<uint16_t>(~sum16(bytes))) << "at " << at << " size " << n;
  }
}

}  // namespace
}  // namespace gauntlet
