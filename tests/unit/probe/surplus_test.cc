// More arrives than was sent: copies, and segments that nobody here sent. And a translator that one way shows and the
// other does not. The tables follow from where a box stands and what it does, hop by hop.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "path_model.hh"
#include "probe/answers.hh"
#include "probe/locate.hh"

namespace gauntlet {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> surplus_of(const Observation& o) {
  TraceReport r;
  locate_surplus(o, r);
  std::vector<std::string> all;
  for (const TraceFinding& f : r.findings)
    all.push_back(f.id + " " + std::to_string(f.interval.lo) + "-" + std::to_string(f.interval.hi));
  return all;
}

// Every TTL asked once; what is quoted from `first` on comes twice. Five routers.
Observation doubled_from(int first, const std::vector<std::string>& probes = {"mpcapable", "plain"}) {
  Observation o = observe({}, probes);
  for (ProbeRun& run : o.runs) {
    run.asked.assign(run.sent.size(), 1);
    for (HopQuote& q : run.quotes)
      if (q.ttl >= first) q.times = 2;
  }
  return o;
}

TEST(Surplus, ADuplicatorStandsBeforeTheFirstHopThatSeesTwo) {
  for (int first = 1; first <= 5; ++first)
    EXPECT_THAT(surplus_of(doubled_from(first)), ElementsAre("tcp.segment.syn.forward: duplicated " +
                                                             std::to_string(first - 1) + "-" + std::to_string(first)));
  EXPECT_THAT(surplus_of(doubled_from(6)), IsEmpty());
}

TEST(Surplus, ASilentHopMakesItWider) {
  Observation o = doubled_from(4);
  for (ProbeRun& run : o.runs) std::erase_if(run.quotes, [](const HopQuote& q) { return q.ttl == 3; });
  EXPECT_THAT(surplus_of(o), ElementsAre("tcp.segment.syn.forward: duplicated 2-4"));
}

TEST(Surplus, OnePacketThatComesTwiceIsChance) {
  Observation o = doubled_from(3);
  for (HopQuote& q : o.runs[1].quotes) q.times = 1;
  EXPECT_THAT(surplus_of(o), IsEmpty());
  EXPECT_THAT(surplus_of(doubled_from(3, {"plain"})), ElementsAre("tcp.segment.syn.forward: duplicated 2-3"));
}

TEST(Surplus, WhatWasSentAgainComesAgain) {
  Observation o = doubled_from(3);
  for (ProbeRun& run : o.runs) run.asked.assign(run.sent.size(), 2);
  EXPECT_THAT(surplus_of(o), IsEmpty());
  for (HopQuote& q : o.runs[0].quotes) q.times = 3;
  for (HopQuote& q : o.runs[1].quotes) q.times = 3;
  EXPECT_THAT(surplus_of(o), ElementsAre("tcp.segment.syn.forward: duplicated 0-1"));
}

TEST(Surplus, PiecesOfAProbeAreNoCopies) {
  Observation o = doubled_from(6);
  for (ProbeRun& run : o.runs) {
    HopQuote piece = run.quotes[2];
    piece.quote.resize(piece.quote.size() - 8);
    piece.times = 2;
    run.quotes.push_back(piece);
  }
  EXPECT_THAT(surplus_of(o), IsEmpty());
}

TEST(Surplus, DataProbesAndUdpSayNothingOfSyns) {
  EXPECT_THAT(surplus_of(doubled_from(3, {"udp", "data"})), IsEmpty());
}

struct Injected : ::testing::Test {
  Observation o = observe({}, {"mpcapable"});
  std::vector<uint8_t> segment(const char* spec, uint32_t further = 0) const {
    ProbeFlow flow = o.runs[0].flow;
    flow.seq += 1 + further;
    return craft(parse_spec(spec), flow, 64);
  }
};

TEST_F(Injected, AnAcknowledgementThatNobodySent) {
  o.spoken = {segment("ack")};
  o.strangers = {segment("ack"), segment("ack/opt=30:60000000000000000001", 100)};
  EXPECT_THAT(surplus_of(o), ElementsAre("tcp.segment.ack.forward: injected 0-255"));
}

TEST_F(Injected, OursAreNotItHoweverTheyWereEdited) {
  o.spoken = {segment("ack")};
  o.strangers = {segment("ack")};
  EXPECT_THAT(surplus_of(o), IsEmpty());
  o.strangers = {segment("ack", 5000)};  // one was sent and one came: a box rewrote it
  EXPECT_THAT(surplus_of(o), IsEmpty());
  o.strangers = {segment("ack"), segment("ack")};  // a copy: what duplicates() is for
  EXPECT_THAT(surplus_of(o), IsEmpty());
  o.strangers = {segment("ack", 5000), segment("ack", 6000)};  // one more than was sent
  EXPECT_THAT(surplus_of(o), ElementsAre("tcp.segment.ack.forward: injected 0-255"));
}

TEST_F(Injected, OnlyAcknowledgementsOfOurOwnFlows) {
  o.spoken = {segment("ack")};
  o.strangers = {segment("ack"), segment("psh/ack/len=10", 100), segment("rst/ack", 100)};
  EXPECT_THAT(surplus_of(o), IsEmpty());
  ProbeFlow other = o.runs[0].flow;
  other.source_port = 9;
  o.strangers = {segment("ack"), craft(parse_spec("ack"), other, 64)};
  EXPECT_THAT(surplus_of(o), IsEmpty());
}

TEST_F(Injected, AProxyAnswersForItself) {
  o.strangers = {segment("ack", 100)};
  o.spoken = {segment("psh/ack/len=10")};
  TraceReport r;
  r.findings.push_back(make_finding("tcp.connection", "", PathDirection::forward, "proxied"));
  locate_surplus(o, r);
  EXPECT_EQ(r.findings.size(), 1u);
  r.findings.clear();
  locate_surplus(o, r);
  EXPECT_EQ(r.findings.size(), 1u);
  EXPECT_EQ(r.findings[0].verdict, "injected");
}

// Five routers, the destination is hop 6 from here and we are hop 6 from there. A box in router r shows between r - 1
// and r when it stands in front of the check of its way, between r and r + 1 behind; from the other end the router is
// hop 6 - r.
struct OtherWay : ::testing::Test {
  Observation o = observe({}, {"plain"});
  static TraceFinding at(const char* field, PathDirection way, uint8_t lo, uint8_t hi) {
    TraceFinding f = make_finding(field, "", way, "nat");
    f.interval = {lo, hi, {}};
    return f;
  }
  static TraceFinding nowhere(const char* field, PathDirection way) {
    TraceFinding f = at(field, way, 0, kDestination);
    f.interval.wide_because = {kTranslatedBack};
    return f;
  }
  TraceReport report(const TraceFinding& unplaced, const TraceFinding& placed) const {
    TraceReport r;
    r.distance = 6;
    r.findings = {unplaced, placed};
    return r;
  }
  static bool still_nowhere(const TraceReport& r) {
    return r.findings[0].interval.hi == kDestination && !r.findings[0].inferred;
  }
};

TEST_F(OtherWay, ShowsTheSameBox) {
  for (const PathDirection way : {PathDirection::forward, PathDirection::back})
    for (int router = 1; router <= 5; ++router)
      for (const int behind : {0, 1})  // of the check, on the way that shows it
        for (const int other_behind : {0, 1}) {
          const int seen = 6 - router, hidden = router;
          TraceReport r =
              report(nowhere("ip.src", way),
                     at("ip.dst", way == PathDirection::forward ? PathDirection::back : PathDirection::forward,
                        static_cast<uint8_t>(seen - 1 + behind), static_cast<uint8_t>(seen + behind)));
          const bool at_the_end = seen + behind == 6;  // shows at the other host only: no place to go by
          place_by_other_way(o, r);
          const TraceFinding& f = r.findings[0];
          EXPECT_EQ(f.inferred, !at_the_end) << router;
          EXPECT_LE(f.interval.lo, hidden - 1 + other_behind);
          EXPECT_GE(f.interval.hi, hidden + other_behind);
          if (!at_the_end && f.interval.hi != kDestination) {
            EXPECT_LE(f.interval.hi - f.interval.lo, 3);
          }
        }
}

TEST_F(OtherWay, NumbersAndAddressesAreDifferentBoxes) {
  TraceReport r = report(nowhere("ip.src", PathDirection::forward), at("tcp.seq", PathDirection::back, 2, 3));
  place_by_other_way(o, r);
  EXPECT_TRUE(still_nowhere(r));
  r = report(nowhere("tcp.ack", PathDirection::forward), at("tcp.seq", PathDirection::back, 2, 3));
  place_by_other_way(o, r);
  EXPECT_FALSE(still_nowhere(r));
}

TEST_F(OtherWay, AWayOfAnotherLengthSaysNothing) {
  TraceReport r = report(nowhere("ip.src", PathDirection::forward), at("ip.dst", PathDirection::back, 2, 3));
  r.distance = 8;  // the answers come from six hops away
  place_by_other_way(o, r);
  EXPECT_TRUE(still_nowhere(r));
}

TEST_F(OtherWay, TheSameWayAndAnUnplacedOneSayNothing) {
  TraceReport r = report(nowhere("ip.src", PathDirection::forward), at("tcp.sport", PathDirection::forward, 2, 3));
  place_by_other_way(o, r);
  EXPECT_TRUE(still_nowhere(r));
  r = report(nowhere("ip.src", PathDirection::forward), nowhere("ip.dst", PathDirection::back));
  place_by_other_way(o, r);
  EXPECT_TRUE(still_nowhere(r));
  r = report(nowhere("ip.src", PathDirection::forward), at("tcp.window", PathDirection::back, 2, 3));
  place_by_other_way(o, r);
  EXPECT_TRUE(still_nowhere(r));
}

TEST_F(OtherWay, WhatHasAPlaceKeepsIt) {
  TraceReport r = report(at("ip.src", PathDirection::forward, 1, 2), at("ip.dst", PathDirection::back, 1, 2));
  place_by_other_way(o, r);
  EXPECT_EQ(r.findings[0].interval.lo, 1);
  EXPECT_EQ(r.findings[0].interval.hi, 2);
  EXPECT_FALSE(r.findings[0].inferred);
}

}  // namespace
}  // namespace gauntlet
