#include "path/quote_edit.hh"

#include <gtest/gtest.h>

#include "notation/notation.hh"
#include "wire/checksum.hh"

namespace gauntlet {
namespace {

using notation::print;

std::string edited(const std::string& line, bool v6, void (*edit)(QuoteEdit&)) {
  notation::Line l = notation::parse(line, v6);
  const Layout outer = layout_of(l.packet.bytes());
  const Quote quote = quote_of(l.packet.bytes(), outer);
  EXPECT_TRUE(quote.there);
  QuoteEdit e(l.packet, outer, quote);
  edit(e);
  EXPECT_TRUE(l4_checksum_ok(l.packet.bytes(), outer)) << "the ICMP checksum follows";
  return print(l.packet.bytes(), l.toward);
}

TEST(QuoteEdit, SequenceNumberAndItsChecksums) {
  const auto edit = [](QuoteEdit& e) { e.set32(4, notation::kClientIsn + 501); };
  EXPECT_EQ(edited("< icmp 3/4 [> . 1:1 ack 1]", false, edit), "< icmp 3/4 [> . 501:501 ack 1]");
  EXPECT_EQ(edited("< icmp 1/4 [> . 1:1 ack 1]", true, edit), "< icmp 1/4 [> . 501:501 ack 1]");
}

TEST(QuoteEdit, AddressesAndPorts) {
  const auto edit = [](QuoteEdit& e) {
    const uint8_t other[4] = {192, 0, 2, 7};
    e.set_source_address(other);
    e.set16(0, 1234);
  };
  EXPECT_EQ(edited("< icmp 11/0 [> . 1:1 ack 1]", false, edit),
            "< icmp 11/0 [> . 1:1 ack 1 {src=192.0.2.7 sport=1234}]");
  EXPECT_EQ(edited("< icmp 11/0 [> udp 9]", false, edit), "< icmp 11/0 [> udp 9 {src=192.0.2.7 sport=1234}]");
}

TEST(QuoteEdit, WhatIsNotQuotedIsNotWritten) {
  // 28 bytes: the IP header and 8 bytes of TCP; the acknowledgement and the checksum are beyond.
  notation::Line l = notation::parse("< icmp 3/4 quote 28 [> . 1:1 ack 1]");
  const Layout outer = layout_of(l.packet.bytes());
  const Quote quote = quote_of(l.packet.bytes(), outer);
  QuoteEdit e(l.packet, outer, quote);
  EXPECT_TRUE(e.has(4, 4));
  EXPECT_FALSE(e.has(8, 4));
  const std::string before = notation::hex(l.packet.bytes());
  e.set32(8, 1);
  EXPECT_EQ(notation::hex(l.packet.bytes()), before);
  e.set32(4, 1);
  EXPECT_EQ(l.packet.size(), before.size() / 2);
  EXPECT_TRUE(l4_checksum_ok(l.packet.bytes(), outer));
}

TEST(QuoteEdit, AWrongQuotedChecksumStaysWrongByAsMuch) {
  const auto edit = [](QuoteEdit& e) { e.set32(4, notation::kClientIsn + 501); };
  EXPECT_EQ(edited("< icmp 3/4 [> . 1:1 ack 1 {csum=+5}]", false, edit), "< icmp 3/4 [> . 501:501 ack 1 {csum=+5}]");
}

}  // namespace
}  // namespace gauntlet
