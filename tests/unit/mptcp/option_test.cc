// Options written by hand from the figures of RFC 8684, as bytes and as text; and what is no option of RFC 8684.
#include "mptcp/option.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "util/rng.hh"

namespace gauntlet {
namespace {

std::vector<uint8_t> from_hex(std::string_view text) {
  std::vector<uint8_t> bytes;
  std::string digits;
  for (const char c : text)
    if (c != ' ') digits += c;
  for (size_t i = 0; i + 1 < digits.size(); i += 2)
    bytes.push_back(static_cast<uint8_t>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  return bytes;
}

struct Row {
  const char* hex;
  const char* text;
};

const Row kRows[] = {
    {"1e 04 01 01", "mpc v1 flags 0x01"},
    {"1e 04 01 81", "mpc v1 flags 0x81"},
    {"1e 0c 01 01 0102030405060708", "mpc v1 flags 0x01 key 0x0102030405060708"},
    {"1e 0c 00 81 0102030405060708", "mpc v0 flags 0x81 key 0x0102030405060708"},
    {"1e 14 01 01 0102030405060708 1112131415161718",
     "mpc v1 flags 0x01 key 0x0102030405060708 peer 0x1112131415161718"},
    {"1e 16 01 01 0102030405060708 1112131415161718 05b4",
     "mpc v1 flags 0x01 key 0x0102030405060708 peer 0x1112131415161718 len 1460"},
    {"1e 18 01 81 0102030405060708 1112131415161718 0001 beef",
     "mpc v1 flags 0x81 key 0x0102030405060708 peer 0x1112131415161718 len 1 csum 0xbeef"},
    {"1e 0c 10 07 a1a2a3a4 b1b2b3b4", "join syn id 7 token 0xa1a2a3a4 nonce 0xb1b2b3b4"},
    {"1e 0c 11 ff a1a2a3a4 00000001", "join syn backup id 255 token 0xa1a2a3a4 nonce 0x00000001"},
    {"1e 10 11 02 c1c2c3c4c5c6c7c8 b1b2b3b4", "join synack backup id 2 hmac 0xc1c2c3c4c5c6c7c8 nonce 0xb1b2b3b4"},
    {"1e 18 10 00 000102030405060708090a0b0c0d0e0f10111213",
     "join ack hmac 0x000102030405060708090a0b0c0d0e0f10111213"},
    {"1e 04 20 00", "dss"},
    {"1e 08 20 01 00000064", "dss dack4 100"},
    {"1e 0c 20 03 0000000100000064", "dss dack8 4294967396"},
    {"1e 0e 20 04 00000002 00000003 0004", "dss dsn4 2 ssn 3 len 4"},
    {"1e 10 20 04 00000002 00000003 0004 abcd", "dss dsn4 2 ssn 3 len 4 csum 0xabcd"},
    {"1e 14 20 0c 8000000000000000 00000001 0000 0000", "dss dsn8 9223372036854775808 ssn 1 len 0 csum 0x0000"},
    {"1e 12 20 15 0000000a 00000014 00000000 0001", "dss fin dack4 10 dsn4 20 ssn 0 len 1"},
    {"1e 1c 20 1f 000000000000007b 00000000000001c8 00000001 0578 1a2b",
     "dss fin dack8 123 dsn8 456 ssn 1 len 1400 csum 0x1a2b"},
    {"1e 08 20 10 00000001", "unknown 0x1e08201000000001"},  // room for a Data ACK, but no flag says so
    {"1e 10 30 01 0a000001 d1d2d3d4d5d6d7d8", "add id 1 10.0.0.1 hmac 0xd1d2d3d4d5d6d7d8"},
    {"1e 12 30 01 0a000001 1f90 d1d2d3d4d5d6d7d8", "add id 1 10.0.0.1 port 8080 hmac 0xd1d2d3d4d5d6d7d8"},
    {"1e 08 31 01 0a000001", "add echo id 1 10.0.0.1"},
    {"1e 0a 31 01 0a000001 1f90", "add echo id 1 10.0.0.1 port 8080"},
    {"1e 1c 30 09 20010db8000000000000000000000001 d1d2d3d4d5d6d7d8", "add id 9 2001:db8::1 hmac 0xd1d2d3d4d5d6d7d8"},
    {"1e 1e 30 09 20010db8000000000000000000000001 01bb d1d2d3d4d5d6d7d8",
     "add id 9 2001:db8::1 port 443 hmac 0xd1d2d3d4d5d6d7d8"},
    {"1e 14 31 09 20010db8000000000000000000000001", "add echo id 9 2001:db8::1"},
    {"1e 16 31 09 20010db8000000000000000000000001 01bb", "add echo id 9 2001:db8::1 port 443"},
    {"1e 08 34 01 0a000001", "unknown 0x1e0834010a000001"},  // version 0's form, the IP version where v1 has flags
    {"1e 04 40 05", "rm id 5"},
    {"1e 06 40 01 02 03", "rm id 1 2 3"},
    {"1e 03 50", "prio"},
    {"1e 03 51", "prio backup"},
    {"1e 04 51 03", "unknown 0x1e045103"},  // version 0's form with an address ID
    {"1e 0c 60 00 00000000000003e8", "fail dsn 1000"},
    {"1e 0c 70 00 0102030405060708", "fclose key 0x0102030405060708"},
    {"1e 04 81 03", "tcprst flags 0x1 reason 3"},
    {"1e 04 8f ff", "tcprst flags 0xf reason 255"},
    {"1e 04 90 00", "unknown 0x1e049000"},
    {"1e 02", "unknown 0x1e02"},
};

TEST(Option, HandWrittenBytesSayWhatTheFiguresSay) {
  for (const Row& row : kRows) {
    const auto bytes = from_hex(row.hex);
    const MptcpOption option = decode_mptcp(bytes);
    EXPECT_EQ(to_text(option), row.text) << row.hex;
    EXPECT_EQ(encode(option), bytes) << row.hex;
  }
}

// What RFC 8684 allows, written down a second time: subtype, bits behind it, length.
bool has_meaning(unsigned subtype, unsigned byte2, unsigned byte3, size_t length) {
  const auto in = [length](std::set<size_t> allowed) { return allowed.count(length) != 0; };
  switch (subtype) {
    case 0:
      return in({4, 12, 20, 22, 24});
    case 1:
      return in({12, 16, 24});
    case 2: {  // 3.3: by A, a, M, m
      static constexpr size_t ack[] = {0, 4, 0, 8}, map[] = {0, 10, 0, 14};
      const size_t size = 4 + ack[byte3 & 3] + map[byte3 >> 2 & 3];
      return length == size || ((byte3 & 4) != 0 && length == size + 2);
    }
    case 3:
      return byte2 & 1 ? in({8, 10, 20, 22}) : in({16, 18, 28, 30});
    case 4:
      return length >= 4;
    case 5:
      return in({3});
    case 6:
      return in({12});
    case 7:
      return in({12});
    case 8:
      return in({4});
    default:
      return false;
  }
}

// Every subtype with every value of the four bits behind it, every second byte and every length: Unknown or not as the
// RFC says, and the same bytes again in either case.
TEST(Option, EveryFormHasMeaningOnlyAtItsLengths) {
  Rng rng(4);
  for (unsigned byte2 = 0; byte2 < 256; ++byte2) {
    for (unsigned byte3 = 0; byte3 < 256; ++byte3) {
      for (size_t length = 3; length <= 40; ++length) {
        std::vector<uint8_t> bytes(length);
        for (uint8_t& b : bytes) b = static_cast<uint8_t>(rng.next());
        bytes[0] = 30, bytes[1] = static_cast<uint8_t>(length), bytes[2] = static_cast<uint8_t>(byte2);
        if (length > 3) bytes[3] = static_cast<uint8_t>(byte3);
        const MptcpOption option = decode_mptcp(bytes);
        const bool known = !std::holds_alternative<MptcpUnknown>(option);
        ASSERT_EQ(known, has_meaning(byte2 >> 4, byte2, byte3, length))
            << byte2 << " " << byte3 << " length " << length;
        ASSERT_EQ(encode(option), bytes) << to_text(option);
      }
    }
  }
}

TEST(Option, NotOneWholeOptionIsUnknown) {
  for (const char* hex : {"", "1e", "1e 03", "1e 04 01", "1e 03 01 01", "1f 04 01 01", "02 04 05 b4"}) {
    const auto bytes = from_hex(hex);
    const MptcpOption option = decode_mptcp(bytes);
    ASSERT_TRUE(std::holds_alternative<MptcpUnknown>(option)) << hex;
    EXPECT_EQ(std::get<MptcpUnknown>(option).bytes, bytes);
  }
}

TEST(Option, EncodeWritesEvenWhatNoSenderWould) {
  MpCapable only_length;
  only_length.data_length = 0x0102;
  EXPECT_EQ(encode(only_length), from_hex("1e 06 01 01 0102"));
  AddAddr echo_with_hmac;
  echo_with_hmac.echo = true;
  echo_with_hmac.address = {10, 0, 0, 1};
  echo_with_hmac.hmac = 1;
  EXPECT_EQ(encode(echo_with_hmac), from_hex("1e 10 31 00 0a000001 0000000000000001"));
}

TEST(Option, FoundInABlockUpToItsEnd) {
  // NOP, PRIO, MSS, RM; then EOL, behind it an option nobody must see.
  const auto block = from_hex("01 1e0351 020405b4 1e044005 00 1e04 0101");
  const auto found = mptcp_options(block);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].offset, 1);
  EXPECT_EQ(found[0].size, 3);
  EXPECT_EQ(to_text(found[0].option), "prio backup");
  EXPECT_EQ(found[1].offset, 8);
  EXPECT_EQ(to_text(found[1].option), "rm id 5");
  EXPECT_TRUE(mptcp_options(from_hex("1e 10 01 01")).empty());  // runs past the end
}

TEST(Option, NamesOfSubtypes) {
  EXPECT_EQ(subtype_named("fclose"), Subtype::fastclose);
  EXPECT_EQ(subtype_named("mp_join"), std::nullopt);
  for (unsigned i = 0; i <= 8; ++i) EXPECT_EQ(subtype_named(name_of(static_cast<Subtype>(i))), static_cast<Subtype>(i));
  EXPECT_EQ(subtype_of(from_hex("1e 03 5f")), Subtype::prio);
  EXPECT_EQ(subtype_of(from_hex("1e 04 90 00")), std::nullopt);
  EXPECT_EQ(subtype_of(from_hex("1e 02")), std::nullopt);
}

}  // namespace
}  // namespace gauntlet
