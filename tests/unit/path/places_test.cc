// Where in a stream segments end that boxes cut or join: places that a person names, and mappings.
#include "path/places.hh"

#include <gtest/gtest.h>

#include "notation/notation.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

class PlacesTest : public testing::Test {
 protected:
  static bool ends(Places places, std::string_view text, bool syn_seen = true) {
    const Packet packet = notation::parse(text).packet;
    FlowFacts facts;
    facts.isn[0] = notation::kClientIsn;
    facts.isn_known[0] = syn_seen;
    Seen seen;
    seen.facts = &facts;
    seen.layout = layout_of(packet.bytes());
    return places.one_ends(TcpView(packet.bytes(), seen.layout), seen);
  }
  static Places named(const char* text) { return {text, "at", Places::For::joining}; }
};

TEST_F(PlacesTest, AreCountedFromTheFirstByteOfTheStream) {
  EXPECT_TRUE(ends(named("100+300"), "> . 1:101 ack 1"));  // 0 is the SYN
  EXPECT_TRUE(ends(named("100+300"), "> . 201:301 ack 1"));
  EXPECT_FALSE(ends(named("100"), "> . 1:102 ack 1"));
  EXPECT_FALSE(ends(named("100"), "> . 1:101 ack 1", false)) << "where the stream began is not known";
}

TEST_F(PlacesTest, MappingsEndWhereTheirLengthSays) {
  const Places places = named("mapping");
  EXPECT_TRUE(ends(places, "> . 1:101 ack 1 <dss dack4 5 dsn4 9 ssn 1 len 100, nop*2>"));
  EXPECT_TRUE(ends(places, "> . 51:101 ack 1 <dss dack4 5 dsn4 9 ssn 101 len 100, nop*2>")) << "where one begins";
  EXPECT_FALSE(ends(places, "> . 1:101 ack 1 <dss dack4 5 dsn4 9 ssn 1 len 101, nop*2>"));
  EXPECT_FALSE(ends(places, "> . 1:101 ack 1 <dss dack4 5>"));
}

TEST_F(PlacesTest, InsideIsBetweenAMappingsEnds) {
  const Places places = named("inside");
  EXPECT_TRUE(ends(places, "> . 1:100 ack 1 <dss dack4 5 dsn4 9 ssn 1 len 100, nop*2>"));
  EXPECT_FALSE(ends(places, "> . 1:101 ack 1 <dss dack4 5 dsn4 9 ssn 1 len 100, nop*2>"));
  EXPECT_FALSE(ends(places, "> . 51:101 ack 1 <dss dack4 5 dsn4 9 ssn 101 len 100, nop*2>"));
  EXPECT_FALSE(ends(places, "> . 51:151 ack 1 <dss dack4 5 dsn4 9 ssn 1 len 100, nop*2>"));
}

// Offsets of a stream that is longer than 4 GiB begin anew; the subflow sequence number (RFC 8684 3.3.1) does as well.
TEST_F(PlacesTest, AMappingMayReachPastTheWrapOfItsNumbers) {
  const std::string options = " ack 1 <dss dack4 5 dsn4 9 ssn 4294967281 len 64, nop*2>";
  for (const char* text : {"> . 4294967281:4294967297", "> . 4294967281:4294967313", "> . 4294967281:4294967344"})
    EXPECT_TRUE(ends(named("inside"), text + options)) << text;
  for (const char* text : {"> . 4294967281:4294967345", "> . 4294967281:4294967361", "> . 4294967270:4294967281"})
    EXPECT_FALSE(ends(named("inside"), text + options)) << text;
  EXPECT_TRUE(ends(named("mapping"), "> . 4294967281:4294967345" + options));
}

TEST_F(PlacesTest, WhoCutsHasNoInside) {
  EXPECT_THROW(Places("inside", "at", Places::For::cutting), UsageError);
  EXPECT_FALSE(named("").named());
  EXPECT_TRUE(named("inside").named());
}

}  // namespace
}  // namespace gauntlet
