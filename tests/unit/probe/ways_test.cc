// Flows that go several ways: two paths on paper, whose third router is another one, and a box on one of them.
#include "probe/ways.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "path_model.hh"
#include "probe/locate.hh"
#include "util/rng.hh"
#include "wire/options.hh"

namespace gauntlet {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
using Names = std::vector<std::string>;

const IpAddress kOther = *parse_ip_address("192.0.2.3");

// These probes over the way whose third router is 192.0.2.3; as the second flow of each, when `again`.
void add_other_way(Observation& o, const PathModel& m, const Names& probes, bool again) {
  Observation other = observe(m, probes);
  for (ProbeRun& run : other.runs) {
    if (again) run.name += "#2";
    run.flow.source_port = static_cast<uint16_t>(run.flow.source_port + 100);
    for (HopQuote& q : run.quotes)
      if (q.ttl == 3) q.from = kOther;
    o.runs.push_back(std::move(run));
  }
}

Names ids(const TraceReport& r) {
  Names all;
  for (const TraceFinding& f : r.findings) all.push_back(f.id);
  return all;
}
Names told(const TraceReport& r, const std::string& id) {
  Names all;
  for (const TraceNote& n : r.notes)
    if (n.id == id) all.push_back(n.text);
  return all;
}

TEST(Ways, ABoxOnOneOfTwoIsFoundThereAndBothAreTold) {
  PathModel boxed;
  boxed.after_check[3] = fill_option(30, kOptNop);
  Observation o = observe({}, {"mpcapable", "plain"});
  add_other_way(o, boxed, {"mpcapable", "plain"}, true);
  const TraceReport r = locate(o);
  EXPECT_THAT(ids(r), ElementsAre("mptcp.mp_capable.syn.forward: stripped-nop"));
  EXPECT_THAT(r.findings[0].sentence, HasSubstr("between hop 3 (192.0.2.3) and hop 4"));
  EXPECT_THAT(told(r, "path.inconsistent"),
              ElementsAre(AllOf(HasSubstr("go through 192.0.2.3 (hop 3)"), HasSubstr("through 10.0.3.1"))));
  EXPECT_THAT(told(r, "path.several"), IsEmpty());  // every probe took both
}

TEST(Ways, ABoxOnBothIsNoDisagreement) {
  PathModel boxed;
  boxed.after_check[3] = fill_option(30, kOptNop);
  Observation o = observe(boxed, {"mpcapable", "plain"});
  add_other_way(o, boxed, {"mpcapable", "plain"}, true);
  const TraceReport r = locate(o);
  EXPECT_THAT(ids(r), ElementsAre("mptcp.mp_capable.syn.forward: stripped-nop"));
  EXPECT_THAT(told(r, "path.inconsistent"), IsEmpty());
}

TEST(Ways, FlowsThatDisagreeOnOneWayAreToldWithoutARouter) {
  PathModel boxed;
  boxed.after_check[3] = fill_option(30, kOptNop);
  Observation o = observe({}, {"mpcapable"});
  Observation second = observe(boxed, {"mpcapable"});
  second.runs[0].name = "mpcapable#2";
  o.runs.push_back(second.runs[0]);
  const TraceReport r = locate(o);
  EXPECT_THAT(told(r, "path.inconsistent"), ElementsAre(HasSubstr("in 1 of 2 flows")));
}

TEST(Ways, WhoTookOneOnlyIsAskedAgainAndNamed) {
  Observation o = observe({}, {"mpcapable", "plain"});
  EXPECT_THAT(worth_another_flow(o), IsEmpty());  // one way is known
  add_other_way(o, {}, {"mpjoin"}, false);
  EXPECT_THAT(worth_another_flow(o), UnorderedElementsAre("mpcapable", "plain", "mpjoin"));
  add_other_way(o, {}, {"plain"}, true);
  EXPECT_THAT(worth_another_flow(o), UnorderedElementsAre("mpcapable", "mpjoin"));
  EXPECT_THAT(told(locate(o), "path.several"),
              ElementsAre(AllOf(HasSubstr("hop 3 is"), HasSubstr("not on all of them: mpcapable, mpjoin"))));
}

TEST(Ways, NobodyIsAskedForEverNorAHostThatLimits) {
  Observation o = observe({}, {"mpcapable"});
  add_other_way(o, {}, {"plain"}, false);
  Observation limited = o;
  limited.runs[0].limited = {5};
  EXPECT_THAT(worth_another_flow(limited), UnorderedElementsAre("mpcapable", "plain"));
  const ProbeRun one = o.runs[0];
  for (int flow = 2; flow <= 12; ++flow) {
    EXPECT_THAT(worth_another_flow(o), testing::Contains("mpcapable")) << flow;
    EXPECT_EQ(worth_another_flow(limited) == Names{"plain"}, flow > 2) << flow;
    for (Observation* each : {&o, &limited}) {
      each->runs.push_back(one);
      each->runs.back().name = "mpcapable#" + std::to_string(flow);
    }
  }
  EXPECT_THAT(worth_another_flow(o), ElementsAre("plain"));
}

// The way that carries nothing is no matter of an option: the only SYNs that are answered went another way.
TEST(Ways, ADeadOneIsNoFilterOfMptcp) {
  PathModel dead;
  dead.drop_at = 3;
  dead.dropped_behind = {"mpcapable", "plain"};
  Observation o = observe({}, {"mpcapable", "plain"});
  add_other_way(o, dead, {"mpcapable", "plain"}, true);
  const TraceReport r = locate(o);
  EXPECT_THAT(ids(r), IsEmpty());
  EXPECT_THAT(told(r, "path.inconsistent"), ElementsAre(HasSubstr("mpcapable#2 is not answered as others are")));
}

TEST(Ways, AFilterOnOneIsFoundBesideAControlThatWentTheSame) {
  PathModel filter;
  filter.drop_at = 3;
  filter.dropped_behind = {"mpcapable"};
  Observation o = observe({}, {"mpcapable", "plain"});
  add_other_way(o, filter, {"mpcapable", "plain"}, true);
  const TraceReport r = locate(o);
  EXPECT_THAT(ids(r), ElementsAre("mptcp.mp_capable.syn.forward: dropped"));
  EXPECT_THAT(told(r, "path.inconsistent"), ElementsAre(HasSubstr("dropped where flows go through 192.0.2.3 (hop 3)")));
}

// Each packet goes one way or the other, whatever its flow: the third router is another one, and a box behind it. Eight
// routers; what any hop behind the third shows is as it fell. The box is in (3,4] of one way.
Observation by_turns(uint64_t seed, const Names& probes, bool v6) {
  Rng rng(seed);
  PathModel plain;
  plain.routers = 8;
  plain.v6 = v6;
  PathModel boxed = plain;
  boxed.after_check[3] = fill_option(30, kOptNop);
  Observation o;
  for (int flow = 1; flow <= 3; ++flow) {  // as it is asked where hops contradict each other
    const Observation one = observe(plain, probes), two = observe(boxed, probes);
    o.source = one.source;
    o.destination = one.destination;
    o.port = one.port;
    for (size_t i = 0; i < one.runs.size(); ++i) {
      ProbeRun run = one.runs[i];
      if (flow > 1) run.name += "#" + std::to_string(flow);
      run.quotes.clear();
      for (uint8_t ttl = 1; ttl <= 8; ++ttl) {
        const bool other = rng.chance(0.5);
        for (const HopQuote& q : (other ? two : one).runs[i].quotes)
          if (q.ttl == ttl) run.quotes.push_back(q);
        if (other && ttl == 3) run.quotes.back().from = kOther;
      }
      o.runs.push_back(std::move(run));
    }
  }
  return o;
}

TEST(Ways, PacketsThatGoByTurnsPlaceABoxNoNearerThanWhereTheWaysPart) {
  int named = 0;
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    const TraceReport r = locate(by_turns(seed, {"mpcapable", "plain", "mpjoin"}, seed % 2 != 0));
    for (const TraceFinding& f : r.findings) {
      EXPECT_LE(f.interval.lo, 3) << seed << ": " << f.sentence;
      EXPECT_GE(f.interval.hi, 4) << seed << ": " << f.sentence;
    }
    EXPECT_THAT(ids(r), testing::IsSupersetOf({"mptcp.mp_capable.syn.forward: stripped-nop"})) << seed;
    EXPECT_THAT(told(r, "path.inconsistent"), testing::Contains(HasSubstr("packets of one flow"))) << seed;
    const auto both = AllOf(HasSubstr("hop 3 is"), HasSubstr("192.0.2.3"));
    named += testing::Matches(testing::Contains(both))(told(r, "path.inconsistent")) ? 1 : 0;
    EXPECT_THAT(told(r, "quote.contradicts-neighbours"), IsEmpty()) << seed;
  }
  EXPECT_GE(named, 290);  // nine packets in a row go the same way once in 256 times
}

TEST(Ways, NamesOfFlows) {
  EXPECT_EQ(base_name("mpcapable#12"), "mpcapable");
  EXPECT_EQ(base_name("mpcapable"), "mpcapable");
  EXPECT_EQ(base_name("syn/text=#"), "syn/text=#");
  EXPECT_EQ(base_name("syn/text=a#b"), "syn/text=a#b");
}

}  // namespace
}  // namespace gauntlet
