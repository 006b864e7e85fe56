// ICMP errors by hand: plain quotes, RFC 4884 lengths and extensions, quotes cut short.
#include "wire/icmp.hh"

#include <gtest/gtest.h>

#include "make.hh"

namespace gauntlet {
namespace {

Buffer quoted(size_t payload) { return ipv4(kProtoTcp, tcp(from_hex("020405b4"), Buffer(payload, 0x55))); }
Buffer first(Buffer b, size_t n) {
  b.resize(n);  // zeros when it is longer: RFC 4884's padding
  return b;
}
const Buffer kMpls = from_hex("2000 0000 0008 0101 00010140");  // version 2, one MPLS object, no checksum
Buffer with_checksum(Buffer extension) {
  store16(&extension[2], static_cast<uint16_t>(~sum16(extension)));
  return extension;
}
Quote quote_in(const Buffer& p) { return quote_of(p, layout_of(p)); }

TEST(Icmp, WholeTcpHeaderQuoted) {
  const Buffer p = ipv4(kProtoIcmp, from_hex("0b00 0000 00000000") + first(quoted(100), 60));
  const Quote q = quote_in(p);
  ASSERT_TRUE(q.there);
  EXPECT_EQ(q.type, 11);
  EXPECT_EQ(q.offset, 28);
  EXPECT_EQ(q.size, 60);
  EXPECT_EQ(q.extensions, 0);
  EXPECT_TRUE(q.inner.tcp);
  EXPECT_EQ(q.inner.payload_size, 16u);  // of 100: what is there
}

TEST(Icmp, EightBytesOfTcpAreNoHeader) {  // RFC 792's minimum
  const Quote q = quote_in(ipv4(kProtoIcmp, from_hex("0301 0000 00000000") + first(quoted(100), 28)));
  ASSERT_TRUE(q.there);
  EXPECT_EQ(q.code, 1);
  EXPECT_EQ(q.size, 28);
  EXPECT_EQ(q.inner.proto, kProtoTcp);
  EXPECT_FALSE(q.inner.tcp);
}

TEST(Icmp, LengthInWordsThenExtensions) {  // RFC 4884 4.1: byte 5, 32-bit words; 33 words = 132 bytes
  const Quote q = quote_in(ipv4(kProtoIcmp, from_hex("0b00 0000 00210000") + first(quoted(500), 132) + kMpls));
  ASSERT_TRUE(q.there);
  EXPECT_EQ(q.size, 132);
  EXPECT_EQ(q.extensions, 28 + 132);
}

TEST(Icmp, PaddingIsNoData) {  // a datagram of 54 bytes padded to 128
  const Quote q = quote_in(ipv4(kProtoIcmp, from_hex("0b00 0000 00200000") + first(quoted(10), 128) + kMpls));
  ASSERT_TRUE(q.there);
  EXPECT_EQ(q.size, 54);
  EXPECT_EQ(q.extensions, 28 + 128);
  EXPECT_EQ(q.inner.payload_size, 10u);
}

TEST(Icmp, OldRoutersPutExtensionsAt128WithoutALength) {  // RFC 4884 5: believed only with a right checksum
  const Buffer head = from_hex("0b00 0000 00000000");
  const Quote right = quote_in(ipv4(kProtoIcmp, head + first(quoted(500), 128) + with_checksum(kMpls)));
  EXPECT_EQ(right.size, 128);
  EXPECT_EQ(right.extensions, 28 + 128);
  const Quote without = quote_in(ipv4(kProtoIcmp, head + first(quoted(500), 128) + kMpls));
  EXPECT_EQ(without.size, 128 + 12);
  EXPECT_EQ(without.extensions, 0);
}

TEST(Icmp, LengthThatDoesNotFit) {
  const Quote q = quote_in(ipv4(kProtoIcmp, from_hex("0b00 0000 00ff0000") + first(quoted(500), 60)));
  EXPECT_TRUE(q.there);
  EXPECT_EQ(q.size, 60);
  EXPECT_EQ(q.extensions, 0);
}

TEST(Icmp, NextHopMtuIsNoLength) {  // type 5's gateway and ICMPv6 type 2's MTU stand where others have the length
  const Quote redirect = quote_in(ipv4(kProtoIcmp, from_hex("0501 0000 0a080001") + first(quoted(100), 60)));
  EXPECT_EQ(redirect.size, 60);
  const Buffer inner = ipv6(kProtoTcp, tcp({}, Buffer(2000)));
  const Quote big = quote_in(ipv6(kProtoIcmp6, from_hex("0200 0000 08000578") + first(inner, 1000)));
  EXPECT_TRUE(big.there && big.inner.tcp);
  EXPECT_EQ(big.size, 1000);
}

TEST(Icmp, LengthOfIpv6InDoubleWords) {  // RFC 4884 4.4: byte 4, 64-bit words; 16 of them = 128 bytes
  const Buffer inner = ipv6(kProtoTcp, tcp({}, Buffer(2000, 1)));
  const Quote q = quote_in(ipv6(kProtoIcmp6, from_hex("0300 0000 10000000") + first(inner, 128) + kMpls));
  ASSERT_TRUE(q.there);
  EXPECT_EQ(q.offset, 48);
  EXPECT_EQ(q.size, 128);
  EXPECT_EQ(q.extensions, 48 + 128);
  EXPECT_TRUE(q.inner.tcp);
}

TEST(Icmp, WhatMayBeFilledUp) {  // RFC 4884 4.1; routers that fill quotes up and append nothing are seen, too
  const Buffer head = from_hex("0b00 0000 00000000"), told = from_hex("0b00 0000 00080000");
  const auto filled = [](const Buffer& icmp) { return quote_in(ipv4(kProtoIcmp, icmp)).filled; };
  EXPECT_FALSE(filled(head + first(quoted(100), 60)));
  EXPECT_FALSE(filled(head + quoted(101)));
  EXPECT_FALSE(filled(head + first(quoted(200), 129)));
  EXPECT_TRUE(filled(head + first(quoted(200), 132)));  // to whole words, as longer quotes are
  EXPECT_FALSE(filled(head + first(quoted(200), 134)));
  EXPECT_TRUE(filled(head + first(quoted(100), 128)));            // to the size extensions ask for
  EXPECT_TRUE(filled(told + first(first(quoted(100), 30), 32)));  // the length is told
  EXPECT_TRUE(filled(head + first(quoted(0), 128)));              // more than the quoted packet was long
  EXPECT_TRUE(filled(head + first(quoted(0), 128) + with_checksum(kMpls)));
  const Buffer inner = ipv6(kProtoTcp, tcp({}, Buffer(2000, 1)));
  EXPECT_TRUE(quote_in(ipv6(kProtoIcmp6, from_hex("0300 0000 08000000") + first(inner, 64))).filled);
  EXPECT_FALSE(quote_in(ipv6(kProtoIcmp6, from_hex("0300 0000 00000000") + first(inner, 64))).filled);
}

TEST(Icmp, WhatIsNoError) {
  const Buffer echo = ipv4(kProtoIcmp, from_hex("0800 0000 00010001") + quoted(0));
  EXPECT_FALSE(is_icmp_error(echo, layout_of(echo)));
  EXPECT_FALSE(quote_in(echo).there);
  const Buffer echo6 = ipv6(kProtoIcmp6, from_hex("8000 0000 00010001") + quoted(0));
  EXPECT_FALSE(is_icmp_error(echo6, layout_of(echo6)));
  EXPECT_FALSE(quote_in(ipv4(kProtoIcmp, from_hex("0b00 0000 00000000") + first(quoted(0), 19))).there);
  EXPECT_FALSE(quote_in(ipv4(kProtoIcmp, from_hex("0b00 0000"))).there);
}

}  // namespace
}  // namespace gauntlet
