// M2: a clean path gives no finding, whatever its routers quote.
#include <gtest/gtest.h>

#include "path_model.hh"
#include "probe/catalogue.hh"
#include "probe/locate.hh"

namespace gauntlet {
namespace {

std::string told(const TraceReport& r) {
  std::string text;
  for (const TraceFinding& f : r.findings)
    text += f.id + " (" + std::to_string(f.interval.lo) + "," + std::to_string(f.interval.hi) + "]\n";
  return text;
}

std::vector<std::string> every_probe() {
  std::vector<std::string> all;
  for (const NamedProbe& p : probes()) all.push_back(p.name);
  return all;
}

TEST(CleanPath, EveryQuoteLengthOfEveryProbeGivesNothing) {
  for (const bool v6 : {false, true})
    for (const std::string& name : every_probe())
      for (int quote = 0; quote <= 100; ++quote) {
        PathModel m{.routers = 3, .v6 = v6, .quote = quote};
        const TraceReport r = locate(observe(m, {name}));
        ASSERT_EQ(told(r), "") << name << (v6 ? " v6" : " v4") << " quoting " << quote << " bytes";
      }
}

TEST(CleanPath, TheWholeBatteryAtOnceWithPaddedQuotesAndSilentHops) {
  for (const bool v6 : {false, true})
    for (const int quote : {0, 8, 20, 24, -1}) {
      PathModel m{.routers = 9, .v6 = v6, .quote = quote, .silent = {2, 5, 9}, .rfc4884 = true};
      m.quote_of_hop = {{1, 8}, {3, 28}, {6, -1}};
      const TraceReport r = locate(observe(m, every_probe()));
      EXPECT_EQ(told(r), "") << quote;
      EXPECT_EQ(r.distance, 10);
      EXPECT_EQ(r.hops[0].mpls, "1000");
    }
}

TEST(CleanPath, AServerWithoutMptcpIsNoFinding) {
  const TraceReport r =
      locate(observe({.server_mptcp = false}, {"mpcapable", "plain", "mpjoin", "udp", "unknown", "ecn"}));
  EXPECT_EQ(told(r), "");
  ASSERT_EQ(r.notes.size(), 1u);
  EXPECT_EQ(r.notes[0].id, "server.no-mptcp");
}

TEST(CleanPath, ADirectNeighbourHasNoHops) {
  const TraceReport r = locate(observe({.routers = 0}, {"mpcapable", "plain", "mpjoin"}));
  EXPECT_EQ(told(r), "");
  EXPECT_EQ(r.distance, 1);
  EXPECT_FALSE(r.inconclusive);
}

// BSD's ip_input left length and fragment field in host order, and the length without the header, in what ICMP quoted.
TEST(CleanPath, ByteOrderOfAQuotingRouterIsANote) {
  PathModel m;
  m.of_quote[2] = [](Packet& p) { std::swap(p.data()[2], p.data()[3]); };
  m.of_quote[4] = [](Packet& p) { store16(p.data() + 2, static_cast<uint16_t>(load16(p.data() + 2) - 20)); };
  const TraceReport r = locate(observe(m, {"mpcapable", "plain"}));
  EXPECT_EQ(told(r), "");
  EXPECT_FALSE(r.notes.empty());
}

TEST(CleanPath, OneHopThatContradictsBothNeighboursIsANote) {
  PathModel m;
  m.of_quote[3] = [](Packet& p) { store16(p.data() + 20 + 14, 1); };  // window
  const TraceReport r = locate(observe(m, {"plain"}));
  EXPECT_EQ(told(r), "");
  ASSERT_FALSE(r.notes.empty());
  EXPECT_EQ(r.notes[0].id, "quote.contradicts-neighbours");
}

}  // namespace
}  // namespace gauntlet
