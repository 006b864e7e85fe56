// Specs become exactly the bytes the RFCs draw.
#include "probe/spec.hh"

#include <gtest/gtest.h>

#include "probe/catalogue.hh"
#include "probe/craft.hh"
#include "util/error.hh"
#include "wire/checksum.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

ProbeFlow flow() {
  ProbeFlow f;
  f.source = *parse_ip_address("192.0.2.1");
  f.destination = *parse_ip_address("198.51.100.2");
  f.source_port = 0x1234;
  f.destination_port = 80;
  f.seq = 0xa0000000;
  f.ack = 0xb0000000;
  f.window = 0xf000;
  f.tsval = 0x00010000;
  f.id_base = 0x4000;
  f.key = 0x0102030405060708;
  f.peer_key = 0x1112131415161718;
  f.token = 0xcafef00d;
  f.nonce = 0x01020304;
  f.dsn = 0x2122232425262728;
  f.data_ack = 0x3132333435363738;
  return f;
}

std::string options_hex(const std::string& spec) { return hex_of(option_block(parse_spec(spec), flow(), 3)); }

TEST(Spec, SynBytesAreThoseOfTheRfcs) {
  const auto p = craft(parse_spec("syn/mss=1460/ws=7/sack-ok/ts/mpcapable"), flow(), 3);
  // RFC 791: version 4, 5 words, length 0x40, identification base + 16 * ttl, DF, ttl 3, TCP. Checksum by hand: ~(sum
  // of the words).
  EXPECT_EQ(hex_of({p.begin(), p.begin() + 10}), "45000040403040000306");
  EXPECT_EQ(hex_of({p.begin() + 12, p.begin() + 20}), "c0000201c6336402");
  EXPECT_EQ(hex_of({p.begin() + 20, p.begin() + 36}),
            "12340050a00000000000000"
            "0b002f003");  // window ^ ttl
  // RFC 9293 3.2 MSS, RFC 7323 2.2, RFC 2018 2, RFC 7323 3.2 (TSval + ttl), RFC 8684 3.1, padding of one NOP
  EXPECT_EQ(hex_of({p.begin() + 40, p.end()}),
            "020405b4"
            "030307"
            "0402"
            "080a0001000300000000"
            "1e040101"
            "01");
  const Layout l = layout_of(p);
  EXPECT_TRUE(l4_checksum_ok(p, l));
  EXPECT_EQ(load16(&p[10]), ipv4_checksum(p, l));
}

TEST(Spec, EveryMptcpFormHasItsLengthAndBytes) {
  EXPECT_EQ(options_hex("syn/mpcapable-v0"), "1e0c00810102030405060708");                   // RFC 6824 3.1
  EXPECT_EQ(options_hex("ack/mpcapable-ack"), "1e14010101020304050607081112131415161718");  // RFC 8684 3.1
  EXPECT_EQ(options_hex("psh/ack/mpcapable-data/len=64"),
            "1e16010101020304050607081112131415161718"
            "0040"
            "0101");
  EXPECT_EQ(options_hex("syn/mpjoin"), "1e0c1001cafef00d01020304");  // 3.2
  EXPECT_EQ(options_hex("syn/mpjoin=00000007"), "1e0c10010000000701020304");
  EXPECT_EQ(options_hex("ack/dss=ack4"),
            "1e082001"
            "35363738");  // 3.3
  EXPECT_EQ(options_hex("ack/dss=ack8"),
            "1e0c2003"
            "3132333435363738");
  EXPECT_EQ(options_hex("psh/ack/dss=ack4+map4/len=8"),
            "1e122005"
            "35363738"
            "25262728"
            "00000001"
            "0008"
            "0101");
  EXPECT_EQ(options_hex("psh/ack/dss=map8/len=8"),
            "1e12200c"
            "2122232425262728"
            "00000001"
            "0008"
            "0101");
  EXPECT_EQ(options_hex("ack/addaddr-echo=192.0.2.77"), "1e083109c000024d");  // 3.4.1
  EXPECT_EQ(options_hex("ack/rmaddr=9"), "1e044009");                         // 3.4.2
  EXPECT_EQ(options_hex("ack/mpprio=backup"), "1e035101");                    // 3.3.8, padded
  EXPECT_EQ(options_hex("ack/mpfail"), "1e0c60002122232425262728");           // 3.7
  EXPECT_EQ(options_hex("ack/fastclose"), "1e0c70001112131415161718");        // 3.5
  EXPECT_EQ(options_hex("rst/ack/tcprst=1"), "1e048001");                     // 3.6
  EXPECT_EQ(options_hex("syn/opt=253:f989aabb"), "fd06f989aabb0101");
  EXPECT_EQ(options_hex("syn/opt=253/pad=eol"), "fd020000");
}

// Paris traceroute's point: ports, length (and of echo the checksum) must not differ from TTL to TTL.
TEST(Spec, UdpAndEchoNameTheirTtlAndStayOneFlow) {
  const auto u3 = craft(parse_spec("udp/dport=33434"), flow(), 3), u9 = craft(parse_spec("udp/dport=33434"), flow(), 9);
  EXPECT_EQ(hex_of({u3.begin() + 20, u3.begin() + 26}), "1234829a000a");  // 8 + 2 bytes, whatever the TTL
  EXPECT_EQ(hex_of({u9.begin() + 20, u9.begin() + 26}), "1234829a000a");
  EXPECT_EQ(load16(&u9[28]) - load16(&u3[28]), 6);
  EXPECT_EQ(load16(&u3[26]) - load16(&u9[26]), 6);  // and the checksum with it: eight quoted bytes tell
  const auto e1 = craft(parse_spec("icmp"), flow(), 1), e9 = craft(parse_spec("icmp"), flow(), 9);
  EXPECT_EQ(e9[20], 8);
  EXPECT_EQ(load16(&e9[26]), 9);
  EXPECT_EQ(load16(&e1[22]), load16(&e9[22]));  // one checksum for all TTLs: one flow to a router that hashes it
}

TEST(Spec, HexIsASegmentWithOurPortsAndNumbers) {
  const auto p = craft(parse_spec("hex=0001 0002 00000000 00000000 60 02 ffff 0000 0000 fd04 0102"), flow(), 5);
  EXPECT_EQ(hex_of({p.begin() + 20, p.begin() + 28}), "12340050a0000000");
  EXPECT_EQ(hex_of({p.begin() + 40, p.end()}), "fd040102");
  EXPECT_TRUE(l4_checksum_ok(p, layout_of(p)));
}

TEST(Spec, TextMayHoldSlashesAndLineEnds) {
  const ProbeSpec s = parse_spec("psh/ack/text=GET \\/ HTTP\\/1.1\\r\\n");
  EXPECT_EQ(std::string(s.payload.begin(), s.payload.end()), "GET / HTTP/1.1\r\n");
}

TEST(Spec, WhatCannotBeIsSaidSo) {
  for (const char* bad :
       {"", "mss=1460", "syn/mss=70000", "syn/mss=", "syn/nonsense", "syn/opt=256:00", "udp/mss=3", "syn/dss=ack9",
        "syn/mpcapable-ack/mpcapable-ack/nop", "hex=00", "syn/data=0", "syn/data=xx", "syn/addaddr=nowhere"})
    EXPECT_THROW(parse_spec(bad), UsageError) << bad;
}

TEST(Spec, EveryNamedProbeParsesAndCraftsValidChecksums) {
  ProbeFlow v6 = flow();
  v6.source = *parse_ip_address("2001:db8::1");
  v6.destination = *parse_ip_address("2001:db8::2");
  for (const NamedProbe& n : probes())
    for (const ProbeFlow& f : {flow(), v6})
      for (const uint8_t ttl : {uint8_t{1}, uint8_t{64}}) {
        const auto p = craft(parse_spec(n.spec), f, ttl);
        const Layout l = layout_of(p);
        EXPECT_TRUE(whole(l, p) && l4_checksum_ok(p, l)) << n.name;
      }
}

}  // namespace
}  // namespace gauntlet
