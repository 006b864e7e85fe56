// Values made with Python's hashlib, hmac and struct (independent of libcrypto's calls here), e.g.
//   hashlib.sha256(struct.pack('>Q', key)).digest()
//   hmac.new(struct.pack('>QQ', first, second), struct.pack('>II', n1, n2), 'sha256').hexdigest()
#include "mptcp/crypto.hh"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "util/rng.hh"
#include "wire/checksum.hh"

namespace gauntlet {
namespace {

constexpr uint64_t kKeyA = 0x0123456789abcdef, kKeyB = 0xfedcba9876543210;
constexpr uint32_t kNonceA = 0x11223344, kNonceB = 0xaabbccdd;

TEST(Crypto, TokenIsTheFirst32BitsOfTheKeysHash) {
  EXPECT_EQ(token_of(kKeyA), 0x55c53f5du);
  EXPECT_EQ(token_of(0), 0xaf5570f5u);  // SHA-256 of eight zero bytes is af5570f5...e5b2328de0e83dfc
  EXPECT_EQ(token_of(UINT64_MAX), 0x12a3ae44u);
}

TEST(Crypto, InitialDataSequenceNumberIsTheLast64Bits) {
  EXPECT_EQ(idsn_of(kKeyA), 0x570762cd38be9818u);
  EXPECT_EQ(idsn_of(0), 0xe5b2328de0e83dfcu);
  EXPECT_EQ(idsn_of(UINT64_MAX), 0x57fb595bbbacf0cau);
}

std::string hex(const Hmac& hmac) {
  std::string s;
  for (const uint8_t b : hmac) {
    s += "0123456789abcdef"[b >> 4];
    s += "0123456789abcdef"[b & 15];
  }
  return s;
}

TEST(Crypto, JoinHmacOfEitherSide) {
  EXPECT_EQ(hex(join_hmac(kKeyA, kKeyB, kNonceA, kNonceB)),
            "f61753d6b8ac227764b9d1b17a6f5ceeec9d1a8a4351afe5408a31e58cbbe7ba");
  EXPECT_EQ(hex(join_hmac(kKeyB, kKeyA, kNonceB, kNonceA)),
            "3bae5abc810a33c2e293af8b4572e4827e89510eea113d42098dff12ea4fad3f");
}

TEST(Crypto, AddAddrHmac) {  // message: address ID 5, the address, the port (0 when the option has none)
  const std::vector<uint8_t> v4{192, 0, 2, 1};
  const std::vector<uint8_t> v6{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  EXPECT_EQ(add_addr_hmac(kKeyA, kKeyB, 5, v4, 0), 0x6559e658628f91aeu);
  EXPECT_EQ(add_addr_hmac(kKeyA, kKeyB, 5, v4, 8080), 0xfd343c023d07761bu);
  EXPECT_EQ(add_addr_hmac(kKeyA, kKeyB, 5, v6, 443), 0x4eeb7315eb3d8089u);
}

TEST(Crypto, DssChecksum) {
  const std::string text = "hello, world!";  // 13 bytes: the last one counts as a high byte
  EXPECT_EQ(dss_checksum(kKeyA, 1, 13, {reinterpret_cast<const uint8_t*>(text.data()), text.size()}), 0x0080);
  EXPECT_EQ(dss_checksum(0xffffffff00000001, 0x10203040, 0, {}), 0xbf9e);  // a DATA_FIN alone would have length 1
}

TEST(Crypto, DssChecksumFromPieces) {  // two pieces, the first of odd length: the second's sum is swapped
  Rng rng(3);
  std::vector<uint8_t> data(1001);
  for (uint8_t& b : data) b = static_cast<uint8_t>(rng.next());
  const ConstBytes all(data);
  const uint16_t sum = fold(uint64_t{sum16(all.first(333))} + swap_bytes(sum16(all.subspan(333))));
  EXPECT_EQ(dss_checksum_of_sum(9, 8, 1001, sum), dss_checksum(9, 8, 1001, all));
}

}  // namespace
}  // namespace gauntlet
