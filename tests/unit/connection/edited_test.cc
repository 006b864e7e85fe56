// Edits that know mappings, and translated addresses.
#include "connection/aware_edits.hh"
#include "connection/translator.hh"
#include "mptcp/crypto.hh"
#include "passing.hh"
#include "wire/options.hh"

namespace gauntlet {
namespace {

class AwareEditsTest : public Passing {
 protected:
  using Added = AwareEdits::Added;
  static std::vector<uint8_t> bytes(std::string_view text) { return {text.begin(), text.end()}; }
  Added add(Position at, std::string_view before, std::string_view after, const std::optional<MappingAt>& m,
            bool begins = true) {
    const auto was = bytes(before);
    return edits_.add(at, was, bytes(after), m, begins);
  }
  AwareEdits edits_;
};

TEST_F(AwareEditsTest, AMappingIsFoundInADssAndInMpCapable) {
  const Came dss = see("> . 11:31 ack 1 <dss dsn4 9 ssn 11 len 20 csum 0x1234>");
  const auto m = mapping_of(dss.tcp().options(), 11);
  ASSERT_TRUE(m);
  EXPECT_EQ(m->bytes, (Range{11, 31}));
  EXPECT_EQ(load16(&dss.tcp().options()[m->checksum_at]), 0x1234);
  const auto first = mapping_of(see("> . 1:11 ack 1 <mpc v1 key 1 peer 2 len 10, nop*2>").tcp().options(), 1);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->bytes, (Range{1, 11}));
  EXPECT_EQ(first->checksum_at, 0);
  EXPECT_FALSE(mapping_of(see("> . 11:31 ack 1 <dss dsn4 9 ssn 11 len 0, nop*2>").tcp().options(), 11))
      << "an infinite one has no end and no checksum";
  EXPECT_FALSE(mapping_of(see("> . 11:31 ack 1 <dss dack4 5>").tcp().options(), 11));
}

TEST_F(AwareEditsTest, MidwayWhereAChecksumHasGoneAhead) {
  const MappingAt m{{1, 101}, 0};
  EXPECT_EQ(add(1, "same", "same", m), Added::no);
  EXPECT_EQ(add(90, "twelve bytes", "TWELVE BYTES", m), Added::midway) << "part of it is behind the mapping";
  EXPECT_EQ(add(1, "abc", "ABC", m, false), Added::midway) << "the mapping did not begin here";
  EXPECT_EQ(add(1, "abc", "ABC", m), Added::yes);
  EXPECT_EQ(add(3, "cd", "CD", m), Added::no) << "edited before";
  edits_.passed(m);
  EXPECT_EQ(add(50, "abc", "ABC", m), Added::midway) << "its checksum has passed";
  EXPECT_EQ(add(150, "abc", "ABC", std::nullopt, false), Added::yes) << "no mapping is known: plain TCP";
}

TEST_F(AwareEditsTest, BytesAndChecksumAreRightInEveryCopyOfTheOption) {
  const std::string data = "an even number of bytes, and an odd edit";
  const uint64_t dsn = 9;
  const uint16_t good = dss_checksum(dsn, 1, static_cast<uint16_t>(data.size()), bytes(data));
  Came c = see("> . 1:41 ack 1 <dss dsn4 9 ssn 1 len 40 csum " + std::to_string(good) + "> \"" + data + "\"");
  const auto m = mapping_of(c.tcp().options(), 1);
  ASSERT_TRUE(m);
  ASSERT_EQ(add(4, "even", "odd!", m), Added::yes);
  Packet p = c.copy();
  Layout l = c.seen.layout;
  TcpEdit edit(p, l);
  edits_.apply(edit, 1, m);
  const std::string after = "an odd! number of bytes, and an odd edit";
  EXPECT_EQ(std::string(edit.view().payload().begin(), edit.view().payload().end()), after);
  EXPECT_EQ(load16(&edit.view().options()[m->checksum_at]),
            dss_checksum(dsn, 1, static_cast<uint16_t>(after.size()), bytes(after)));
  EXPECT_TRUE(edit.checksum_ok());
}

class TranslatorTest : public Passing {
 protected:
  void make(Translator::Options o = {}) {
    o.table.keep = true;
    translator_.emplace(parse_prefixes("203.0.113.9"), o, Rng(3));
  }
  Lines in(std::string_view text, bool selected = true) {
    Came c = see(text);
    c.seen.selected = selected;
    translator_->packet(c.copy(), c.seen, *this);
    return sent();
  }
  std::optional<Translator> translator_;
};

TEST_F(TranslatorTest, OutAndBack) {
  make();
  EXPECT_EQ(in("> S 0:1"), lines({"> S 0:1 {src=203.0.113.9}"}));
  EXPECT_EQ(in("< S. 0:1 ack 1 {dst=203.0.113.9}"), lines({"< S. 0:1 ack 1"}));
  EXPECT_EQ(in("< S. 0:1 ack 1 {dst=203.0.113.9 dport=9}"), Lines()) << "nobody asked for it";
  EXPECT_EQ(in("> #2 S 0:1", false), lines({"> #2 S 0:1"})) << "not selected when it began";
}

TEST_F(TranslatorTest, ALostMappingIsRenewedSilentOrReset) {
  using Lost = Translator::Options::Lost;
  Translator::Options o;
  o.table.packets = 1;
  for (const Lost lost : {Lost::renewed, Lost::silent, Lost::reset}) {
    o.lost = lost;
    make(o);
    in("> . 1:11 ack 1");
    const Lines later = in("> . 11:21 ack 1");
    ASSERT_EQ(later.size(), lost == Lost::silent ? 0u : 1u);
    if (!later.empty()) {
      EXPECT_EQ(later[0].substr(0, 4), lost == Lost::renewed ? "> . " : "< R.");
    }
  }
}

TEST_F(TranslatorTest, HairpinComesBackOrIsDropped) {
  for (const bool hairpin : {true, false}) {
    Translator::Options o;
    o.hairpin = hairpin;
    make(o);
    in("> #7 S 0:1");
    const Lines back = in("> S 0:1 {dst=203.0.113.9 dport=40007}");
    EXPECT_EQ(back.size(), hairpin ? 1u : 0u);
  }
}

}  // namespace
}  // namespace gauntlet
