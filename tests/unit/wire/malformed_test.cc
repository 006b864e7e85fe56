// What real paths carry and no RFC allows: the walk gives the documented answer, and an edit elsewhere leaves these
// bytes alone.
#include <gtest/gtest.h>

#include "make.hh"
#include "wire/icmp.hh"
#include "wire/options.hh"
#include "wire/packet.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

std::string walked(
    const Buffer& options) {  // "2+4 !30+6 rest 2": kind + size, ! malformed, bytes behind the end of the walk
  std::string s;
  OptionWalk walk(options);
  for (Option o; walk.next(o);) {
    if (!s.empty()) s += ' ';
    if (o.malformed) s += '!';
    s += std::to_string(o.kind) + "+" + std::to_string(o.size);
    EXPECT_LE(size_t{o.offset} + o.size, options.size());
  }
  return s + " rest " + std::to_string(walk.rest().size());
}

struct Row {
  const char* what;
  const char* options;
  const char* walk;
};

const Row kRows[] = {
    {"nothing", "", " rest 0"},
    {"one NOP as the very last byte", "020405b4 01 01 01 01", "2+4 1+1 1+1 1+1 1+1 rest 0"},
    {"EOL, then zeros", "020405b4 00 000000", "2+4 0+1 rest 3"},
    {"EOL with an option behind it", "00 1e0351 020405b4", "0+1 rest 7"},
    {"EOL where MP_CAPABLE was, its bytes left", "020405b4 00 04 01 01", "2+4 0+1 rest 3"},
    {"length 0", "020405b4 1e00 0101", "2+4 !30+4 rest 0"},
    {"length 1", "1e01 020405b4 0101", "!30+8 rest 0"},
    {"length one past the end", "020405b4 1e05 0101", "2+4 !30+4 rest 0"},
    {"length 255", "1eff 0101", "!30+4 rest 0"},
    {"kind as the last byte, no length", "010101 1e", "1+1 1+1 1+1 !30+1 rest 0"},
    {"two bytes, no data", "1e02 fd02", "30+2 253+2 rest 0"},
    {"junk", "ffffffffffffffff", "!255+8 rest 0"},
    {"40 bytes of options", "1e28 0000000000000000000000000000000000000000000000000000000000000000000000000000",
     "30+40 rest 0"},
};

TEST(Malformed, TheWalkGivesTheDocumentedAnswer) {
  for (const Row& row : kRows) EXPECT_EQ(walked(from_hex(row.options)), row.walk) << row.what;
}

TEST(Malformed, FindOptionStopsWhereTheWalkDoes) {
  EXPECT_EQ(find_option(from_hex("00 1e0351"), kOptMptcp).size, 0);
  EXPECT_EQ(find_option(from_hex("1e00 1e0351"), kOptMptcp).size, 0);
  EXPECT_EQ(find_option(from_hex("0101 1e0351"), kOptMptcp).offset, 2);
  EXPECT_EQ(options_of(from_hex("0101 1e0351")).size(), 3u);
}

// Bytes that may differ after a sequence number was rewritten: the number and the checksum.
TEST(Malformed, AHeaderEditLeavesJunkOptionsAlone) {
  for (const Row& row : kRows) {
    for (const bool v6 : {false, true}) {
      const Buffer segment = tcp(from_hex(row.options), from_hex("6869"));
      const Buffer before = v6 ? ipv6(kProtoTcp, segment) : ipv4(kProtoTcp, segment);
      Packet packet{ConstBytes(before)};
      Layout layout = layout_of(packet.bytes());
      ASSERT_TRUE(layout.tcp) << row.what;
      TcpEdit(packet, layout).set_seq(0xcafe0001);
      Buffer expected = before;
      store32(&expected[layout.l4 + 4u], 0xcafe0001);
      write_checksums(expected);
      EXPECT_EQ(bytes_of(packet.bytes()), expected) << row.what;
    }
  }
}

struct Broken {
  const char* what;
  Buffer packet;
};

std::vector<Broken> broken_packets() {
  const Buffer whole4 = ipv4(kProtoTcp, tcp({}, from_hex("68656c6c6f")));
  std::vector<Broken> all;
  const auto with = [&](const char* what, size_t at, uint8_t value) {
    Buffer p = whole4;
    p[at] = value;
    all.push_back({what, p});
  };
  with("data offset 4", 32, 0x40);
  with("data offset 0", 32, 0x00);
  with("data offset past the end", 32, 0xf0);
  with("IP header length 4", 0, 0x44);
  with("IP header length past the end", 0, 0x4f);
  with("version 5", 0, 0x55);
  with("version 0", 0, 0x05);
  with("total length 19", 3, 19);
  with("total length 0", 3, 0);
  with("total length ends in the TCP header", 3, 39);
  with("a later fragment", 7, 1);
  return all;
}

TEST(Malformed, NoTcpHeaderThatIsNotWhole) {
  for (const Broken& b : broken_packets()) EXPECT_FALSE(layout_of(b.packet).tcp) << b.what;
}

TEST(Malformed, EditsOfWhatIsNoSegmentDoNothing) {
  for (const Broken& b : broken_packets()) {
    Packet packet{ConstBytes(b.packet)};
    Layout layout = layout_of(packet.bytes());
    TcpEdit e(packet, layout);
    e.set_seq(1), e.set_flags(0xff), e.set_checksum_raw(0), e.write(0, from_hex("ffff")),
        e.write_payload(0, from_hex("ff"));
    EXPECT_FALSE(e.replace_options({}));
    EXPECT_FALSE(e.erase_options(0, 0));
    EXPECT_FALSE(e.replace_payload(0, 0, from_hex("ff")));
    EXPECT_EQ(bytes_of(packet.bytes()), b.packet) << b.what;
  }
}

TEST(Malformed, LengthsOfWhatIsNotWholeStay) {
  const Buffer longer =
      ipv4(kProtoTcp, tcp({}, from_hex("6869"))) + from_hex("0000");  // two bytes past the total length
  Buffer fragment = ipv4(kProtoTcp, tcp({}, from_hex("6869")));
  fragment[6] = 0x20;  // more fragments: the first of several
  for (const Buffer& p : {longer, fragment}) {
    Packet packet{ConstBytes(p)};
    Layout layout = layout_of(packet.bytes());
    ASSERT_TRUE(layout.tcp);
    ASSERT_EQ(layout.payload_size, 2u);
    TcpEdit e(packet, layout);
    EXPECT_FALSE(e.replace_options(from_hex("01010101")));
    EXPECT_FALSE(e.erase_options(0, 0));
    EXPECT_FALSE(e.replace_payload(0, 1, {}));
    EXPECT_EQ(bytes_of(packet.bytes()), p);
  }
}

TEST(Malformed, EveryTruncationHasAnAnswer) {
  Rng rng(200);
  const Buffer quote = ipv4(kProtoTcp, tcp(from_hex("020405b4"), random_bytes(rng, 40)));
  for (const Buffer& p : {ipv4(kProtoTcp, tcp(from_hex("1e0351 01"), random_bytes(rng, 30))),
                          ipv6(0, from_hex("3c00 0104 00000000 0600 0104 00000000") + tcp({}, random_bytes(rng, 30))),
                          ipv4(kProtoIcmp, from_hex("0b00 0000 0000 0000") + quote)}) {
    for (size_t n = 0; n <= p.size(); ++n) {
      const Buffer cut(p.begin(),
                       p.begin() + static_cast<long>(n));  // a heap block of its own: ASan sees one byte too far
      const Layout l = layout_of(cut);
      EXPECT_LE(l.payload + l.payload_size, l.tcp ? n : 0);
      const Quote q = quote_of(cut, l);
      EXPECT_LE(size_t{q.offset} + q.size, q.there ? n : 0);
      l4_checksum_ok(cut, l);
      Buffer mended = cut;
      write_checksums(mended);
    }
  }
}

TEST(Malformed, RefusedReplacements) {
  Packet packet{ConstBytes(ipv4(kProtoTcp, tcp({}, Buffer(65535 - 40 - 3))))};
  Layout layout = layout_of(packet.bytes());
  TcpEdit e(packet, layout);
  EXPECT_FALSE(e.replace_options(Buffer(3, 1)));   // no multiple of four
  EXPECT_FALSE(e.replace_options(Buffer(44, 1)));  // above 40
  EXPECT_FALSE(e.replace_options(Buffer(4, 1)));   // the IPv4 total length would pass 65535
  EXPECT_FALSE(e.replace_payload(0, 0, Buffer(4)));
  EXPECT_FALSE(e.replace_payload(0, 65536, {}));
  EXPECT_FALSE(e.replace_payload(65536, 0, {}));
  EXPECT_TRUE(e.replace_payload(0, 0, Buffer(3)));
  EXPECT_TRUE(l4_checksum_ok(packet.bytes(), layout));
}

}  // namespace
}  // namespace gauntlet
