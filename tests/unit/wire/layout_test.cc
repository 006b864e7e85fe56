// Packets by hand whose layout is known: extension headers, fragments, and whose address the pseudo-header takes.
#include "wire/layout.hh"

#include <gtest/gtest.h>

#include "make.hh"
#include "wire/packet.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

const Buffer kSegment = tcp({}, from_hex("68656c6c6f"));  // 25 bytes

TEST(Layout, ChainOfExtensionHeaders) {
  // Hop-by-hop (8), destination options (16), AH of 24 bytes (length 4 = 24/4 - 2), then TCP.
  const Buffer chain = from_hex("3c00 010400000000") + from_hex("3301 010c000000000000000000000000") +
                       from_hex("0604 0000 00000001 00000001 000102030405060708090a0b");
  const Buffer p = ipv6(0, chain + kSegment);
  const Layout l = layout_of(p);
  EXPECT_EQ(l.proto, kProtoTcp);
  EXPECT_EQ(l.ip_header, 40 + 8 + 16 + 24);
  EXPECT_TRUE(l.tcp);
  EXPECT_EQ(l.payload, 40u + 48 + 20);
  EXPECT_EQ(l.payload_size, 5u);
  EXPECT_TRUE(whole(l, p));
}

TEST(Layout, ChainCutShortHasNoProtocol) {
  const Layout l = layout_of(ipv6(0, from_hex("3c05 010400000000")));
  EXPECT_EQ(l.version, 6);
  EXPECT_EQ(l.proto, 0);
  EXPECT_FALSE(l.tcp);
}

TEST(Layout, FragmentsOfIpv6) {
  const Layout first = layout_of(ipv6(44, from_hex("0600 0001 00000007") + kSegment));
  EXPECT_TRUE(first.fragment && first.first && first.tcp);
  EXPECT_EQ(first.l4, 48);
  const Layout later = layout_of(ipv6(44, from_hex("0600 0009 00000007") + kSegment));
  EXPECT_TRUE(later.fragment && !later.first && !later.tcp);
  EXPECT_EQ(later.proto, kProtoTcp);
  const Layout atomic = layout_of(ipv6(44, from_hex("0600 0000 00000007") + kSegment));  // RFC 6946: no fragment at all
  EXPECT_TRUE(!atomic.fragment && atomic.tcp);
}

TEST(Layout, FragmentsOfIpv4) {
  Buffer p = ipv4(kProtoTcp, kSegment);
  p[6] = 0x20;
  EXPECT_TRUE(layout_of(p).fragment && layout_of(p).tcp);
  p[6] = 0x00, p[7] = 0x03;
  EXPECT_TRUE(layout_of(p).fragment && !layout_of(p).first && !layout_of(p).tcp);
  p[6] = 0xc0, p[7] = 0;  // DF and the reserved bit
  EXPECT_TRUE(!layout_of(p).fragment && layout_of(p).tcp);
}

TEST(Layout, Ipv4Options) {
  Buffer p = from_hex("4600 0031 0001 0000 4006 0000 0a000001 0a000002 94040000") + kSegment;  // router alert
  write_checksums(p);
  const Layout l = layout_of(p);
  EXPECT_EQ(l.l4, 24);
  EXPECT_TRUE(l.tcp && l4_checksum_ok(p, l));
  EXPECT_EQ(l.payload_size, 5u);
}

// RFC 8200 8.1: behind a routing header the pseudo-header's destination is the last segment.
TEST(Layout, RoutingHeaderSuppliesTheFinalDestination) {
  const Buffer final = from_hex("20010db80000000000000000000000ff");
  const Buffer routed = ipv6(43, from_hex("0602 0001 00000000") + final + kSegment);
  const Layout l = layout_of(routed);
  ASSERT_TRUE(l.tcp);
  Buffer direct = ipv6(kProtoTcp, kSegment);
  std::copy(final.begin(), final.end(), direct.begin() + 24);
  write_checksums(direct);
  EXPECT_EQ(l4_checksum(routed, l), l4_checksum(direct, layout_of(direct)));

  Packet packet{ConstBytes(routed)};  // so rewriting the address in the IP header leaves the TCP checksum alone
  set_destination_address(packet, l, from_hex("20010db8000000000000000000000003"));
  EXPECT_EQ(load16(packet.data() + l.l4 + 16), load16(&routed[l.l4 + 16u]));
  EXPECT_TRUE(l4_checksum_ok(packet.bytes(), l));

  Buffer arrived = routed;  // no segment left: the address in the IP header counts
  arrived[43] = 0;
  EXPECT_EQ(final_destination_at(arrived, layout_of(arrived)), 24u);
}

TEST(Layout, AddressesUnderUdpChecksums) {
  const Buffer udp = from_hex("03e8 0035 000d 0000 68656c6c6f");
  Packet none{ConstBytes(ipv4(kProtoUdp, udp))};  // write_checksums leaves a zero: no checksum
  const Layout l = layout_of(none.bytes());
  set_source_address(none, l, from_hex("c0000201"));
  EXPECT_EQ(load16(none.data() + 26), 0);
  EXPECT_TRUE(l4_checksum_ok(none.bytes(), l));
  EXPECT_EQ(load16(none.data() + 10), ipv4_checksum(none.bytes(), l));

  Buffer p = ipv4(kProtoUdp, udp);
  store16(&p[26], 1);
  write_checksums(p);
  Packet sum{ConstBytes(p)};
  for (unsigned i = 0; i < 65536; ++i) {  // through every sum: the one whose checksum is 0 must be written as ffff
    const uint8_t address[4] = {192, 0, static_cast<uint8_t>(i >> 8), static_cast<uint8_t>(i)};
    set_source_address(sum, l, address);
    ASSERT_NE(load16(sum.data() + 26), 0);
    ASSERT_TRUE(l4_checksum_ok(sum.bytes(), l)) << i;
  }
}

TEST(Layout, ChecksumOfUdpEndsAtItsOwnLength) {  // RFC 768: bytes behind the UDP length are not covered
  const Buffer udp = from_hex("03e8 0035 000d 0001 68656c6c6f");
  const Buffer shorter = ipv4(kProtoUdp, udp), longer = ipv4(kProtoUdp, udp + from_hex("ffeedd"));
  EXPECT_EQ(l4_checksum(shorter, layout_of(shorter)), l4_checksum(longer, layout_of(longer)));
}

TEST(Layout, RepairsInFrontOfTrailingBytesAndNotInFragments) {
  const Buffer right = ipv4(kProtoTcp, kSegment);
  Buffer p = right + from_hex("ffff");
  p[10] = p[11] = p[36] = p[37] = 0xaa;
  write_checksums(p);
  EXPECT_EQ(p, right + from_hex("ffff"));
  Buffer fragment = right;
  fragment[6] = 0x20, fragment[36] = fragment[37] = 0xaa;
  write_checksums(fragment);
  EXPECT_EQ(load16(&fragment[36]), 0xaaaa);
}

TEST(Layout, AddressOfALaterFragmentTouchesTheIpHeaderOnly) {
  Buffer p = ipv4(kProtoTcp, kSegment);
  p[7] = 3;
  write_checksums(p);
  Packet packet{ConstBytes(p)};
  const Layout l = layout_of(packet.bytes());
  set_source_address(packet, l, from_hex("c0000201"));
  Buffer expected = p;
  store32(&expected[12], 0xc0000201);
  store16(&expected[10], ipv4_checksum(expected, l));
  EXPECT_EQ(bytes_of(packet.bytes()), expected);
}

}  // namespace
}  // namespace gauntlet
