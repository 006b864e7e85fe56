// Every box of the registry on a random router and hook of a random chain: what it does is found where it is and called
// by its name, or listed as what probes cannot see. docs/trace-boxes.md is what this says, box by box.
#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "middleboxes/registry.hh"
#include "virtual/boxed/cases.hh"
#include "virtual/boxed/owed.hh"
#include "virtual/boxed/table.hh"

namespace gauntlet {
namespace {

constexpr uint64_t kSeeds = 6, kManySeeds = 100;

const std::vector<BoxCase>& rows() {
  static const std::vector<BoxCase> all = box_cases(GAUNTLET_SOURCE_DIR "/tests/probe/boxes.json");
  return all;
}

BoxTrial drawn(const BoxCase& row, uint64_t seed, bool agent) {
  Rng rng(seed);
  BoxTrial t{&row, {}, agent};
  t.route.seed = seed;
  t.route.v6 = row.families[rng.below(row.families.size())] == 6;
  BoxPlace box{.specs = {row.spec}};
  box.post = row.post && (!row.pre || rng.chance(0.5));
  // It takes a router behind the box to show what it did; of what arrives, SYNs do, the agent is one more.
  const bool arrives = agent && (row.syn_only || !row.seen_as.empty() || row.one.empty());
  const int behind = std::max(row.hidden_hops, box.post && !arrives ? 1 : 0);
  const int around = behind + row.routers_before;
  t.route.routers = static_cast<int>(1 + static_cast<uint64_t>(around) + rng.below(20 - static_cast<uint64_t>(around)));
  box.router = static_cast<int>(1 + row.routers_before + rng.below(static_cast<uint64_t>(t.route.routers - around)));
  t.route.boxes = {box};
  return t;
}

// Routers that quote little, keep silent, limit: less is seen, and nothing wrong.
BoxTrial spoilt(BoxTrial t) {
  Rng rng(t.route.seed + 1000);
  for (int i = 0; i < t.route.routers; ++i) {
    RouterConduct c;
    if (rng.chance(0.6)) c.quote = static_cast<int>(rng.below(90));
    if (rng.chance(0.3)) c.filling = drawn_filling(rng);
    if (!t.row->filling) c.filling = Filling::none;
    c.silent = rng.chance(0.15);
    c.burst = rng.chance(0.05) ? 6 : 0;
    t.route.conduct.push_back(c);
  }
  return t;
}

std::string first_of(const std::vector<std::string>& lines) {
  std::string text;
  for (size_t i = 0; i < std::min<size_t>(lines.size(), 6); ++i) text += lines[i] + "\n";
  return text;
}

// For a search with seeds nobody tried: CHAINS_FROM=5000 CHAINS_SEEDS=300 CHAINS_ROW=mss: test_chains
// --gtest_filter=*Long*
uint64_t given(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::stoull(text);
}

BoxRow judged(const BoxCase& row, uint64_t from, uint64_t seeds) {
  BoxRow out{&row};
  for (uint64_t seed = from; seed < from + seeds; ++seed) {
    const BoxTrial one = drawn(row, seed, false);
    judge_trial(one, run_trial(one), true, out.one);
    const BoxTrial poor = spoilt(one);
    judge_trial(poor, run_trial(poor), false, out.poor);
    if (!row.two) continue;
    const BoxTrial two = drawn(row, seed, true);
    judge_trial(two, run_trial(two), true, out.two);
  }
  EXPECT_EQ(first_of(out.one.faults), "");
  EXPECT_EQ(first_of(out.two.faults), "");
  EXPECT_EQ(first_of(out.poor.faults), "");
  return out;
}

TEST(BoxedChains, EveryBoxIsFoundWhereItIsAsTheTableSays) {
  std::vector<BoxRow> all;
  for (const BoxCase& row : rows()) all.push_back(judged(row, 1, kSeeds));
  std::ifstream file(GAUNTLET_SOURCE_DIR "/docs/trace-boxes.md");
  std::stringstream now;
  now << file.rdbuf();
  const std::string wanted = box_table(all);
  if (now.str() == wanted) return;
  std::ofstream("trace-boxes.md") << wanted;
  ADD_FAILURE()
      << "docs/trace-boxes.md is not what the boxes do now; if that is right: cp trace-boxes.md from here to docs";
}

// The box in the second of five routers, and all behind it quote this much.
BoxTrial quoted(const BoxCase& row, int quote, bool v6) {
  BoxTrial t{&row, {.routers = 5, .v6 = v6}};
  t.route.conduct = {{}, {}, {.quote = quote}, {.quote = quote}, {.quote = quote}};
  t.route.boxes = {{.router = 2, .post = row.post, .specs = {row.spec}}};
  return t;
}

// Where the fields of both headers end, inside the options, and around all of them.
TEST(BoxedChains, WhatAQuoteCoversIsTold) {
  size_t owing = 0;
  bool v6 = false;
  for (const BoxCase& row : rows()) {
    if (row.one.empty()) continue;
    BoxScore score;
    size_t most = 0;
    for (const int quote : {0, 8, 12, 14, 16, 18, 20, 24, 36, 40, 44, 52, 60}) {
      v6 = !v6 && row.families.size() > 1;
      const BoxTrial t = quoted(row, quote, v6);
      const TraceResult r = run_trial(t);
      judge_trial(t, r, false, score);
      most = std::max(most, owed(t, r).named.size());
    }
    EXPECT_EQ(first_of(score.faults), "");
    owing += most > 0 ? 1 : 0;
  }
  EXPECT_GE(owing, 25u);  // rows of boxes that edit headers
}

// The nearest router behind the box shows first pieces only (zeros fill up the quotes of the others); those behind it
// show all.
TEST(BoxedChains, ASplitIsNamedByTheRouterThatShowsAllPieces) {
  const auto row = std::find_if(rows().begin(), rows().end(), [](const BoxCase& c) { return c.box == "split"; });
  ASSERT_NE(row, rows().end());
  for (const Filling filling : {Filling::labelled, Filling::told, Filling::untold})
    for (const bool v6 : {false, true})
      for (const int quote : {0, 8, 12, 16, 20, 28}) {
        BoxTrial t{&*row, {.routers = 5, .v6 = v6}};
        t.route.conduct = {{}, {}, {.quote = quote, .filling = filling}};
        t.route.boxes = {{.router = 2, .specs = {row->spec}}};
        BoxScore score;
        const TraceResult r = run_trial(t);
        judge_trial(t, r, false, score);
        EXPECT_EQ(score.named, 1) << quote << " bytes, IPv" << (v6 ? 6 : 4);
        for (const TraceFinding& f : r.report.findings) EXPECT_NE(f.field, "ip.length") << quote << ": " << f.sentence;
        EXPECT_EQ(first_of(score.faults), "");
      }
}

// The quote of a second piece that comes late, while another hop is asked alone, is not taken for that hop's.
TEST(BoxedChains, ALatePieceIsNoAnswerOfAnotherHop) {
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    RouteConfig config{.routers = 8, .v6 = true, .seed = seed};
    config.conduct = {{}, {}, {}, {.silent = true}, {.quote = 8}, {.quote = 4}, {.quote = 8}, {.quote = 4}};
    config.boxes = {
        {.router = 4, .specs = {"split:parts=2,dir=c2s", "delay:time=0ms,jitter=6ms,order=free,when=data,dir=c2s"}}};
    VirtualRoute route(config);
    TraceRequest request;
    request.source = route.client_address();
    request.destination = route.server_address();
    for (const ProbeRun& run : trace(route.client(), request).seen.runs)
      for (const HopQuote& q : run.quotes)
        EXPECT_NE(q.ttl, 4) << seed << ": " << run.name << " from " << to_text(q.from);
  }
}

// The first of two boxes moves options, or makes room that the second fills: neither is an option overwritten.
TEST(BoxedChains, TwoBoxesInOneOptionBlockAreBothNamed) {
  struct Pair {
    const char *first, *second;
    std::vector<std::string> told;  // with the router whose hop shows it first
  };
  const Pair pairs[] = {
      {"strip:kind=30,when=syn",
       "addopt:option=4c040102,when=syn",
       {"mptcp.mp_capable.syn.forward: stripped-cut 3", "mptcp.mp_join.syn.forward: stripped-cut 3",
        "tcp.option_76.syn.forward: added 5"}},
      {"optorder:when=syn",
       "kind:kind=30,to=254,when=syn",
       {"tcp.options.order.syn.forward: reordered 3", "mptcp.mp_capable.syn.forward: kind-replaced 5",
        "mptcp.mp_join.syn.forward: kind-replaced 5"}},
      {"optorder:when=syn",
       "strip:kind=30,mode=nop,when=syn",
       {"tcp.options.order.syn.forward: reordered 3", "mptcp.mp_capable.syn.forward: stripped-nop 5",
        "mptcp.mp_join.syn.forward: stripped-nop 5"}},
  };
  for (const Pair& p : pairs)
    for (const bool v6 : {false, true}) {
      VirtualRoute route({.routers = 6,
                          .v6 = v6,
                          .boxes = {{.router = 2, .post = true, .specs = {std::string(p.first) + ",dir=c2s"}},
                                    {.router = 4, .post = true, .specs = {std::string(p.second) + ",dir=c2s"}}}});
      TraceRequest request;
      request.source = route.client_address();
      request.destination = route.server_address();
      request.syn_only = true;
      std::vector<std::string> told;
      for (const TraceFinding& f : trace(route.client(), request).report.findings)
        told.push_back(fmt::format("{} {}", f.id, f.interval.hi));
      EXPECT_THAT(told, testing::UnorderedElementsAreArray(p.told)) << p.first << " and " << p.second;
    }
}

// RFC 4884 4.2: a quote that is cut short is filled up with zeros, by some routers with nothing behind it. Where a box
// put the options in another order, zeros of that filling stand where zeros were sent: no value of 0, no option
// overwritten.
TEST(BoxedChains, ZerosThatFillUpAQuoteAreNoOptionsOfAReorderingBox) {
  const auto row = std::find_if(rows().begin(), rows().end(), [](const BoxCase& c) { return c.box == "optorder"; });
  ASSERT_NE(row, rows().end());
  for (const Filling filling : {Filling::labelled, Filling::told, Filling::untold})
    for (const bool v6 : {false, true})
      for (int quote = 20; quote < 60; ++quote) {
        BoxTrial t{&*row, {.routers = 3, .v6 = v6}};
        t.route.conduct = {{}, {}, {.quote = quote, .filling = filling}};
        t.route.boxes = {{.router = 2, .specs = {row->spec}}};
        BoxScore score;
        judge_trial(t, run_trial(t), false, score);
        EXPECT_EQ(first_of(score.faults), "") << quote;
      }
}

// A router whose quotes do not say which probe it met, or with which TTL, is known once it was asked alone: what is
// silent behind a box is then silent for certain.
TEST(BoxedChains, ADropIsToldPastARouterThatQuotesTooLittle) {
  const auto row = std::find_if(rows().begin(), rows().end(),
                                [](const BoxCase& c) { return c.spec == "drop:kind=30,subtype=dss,dir=c2s"; });
  ASSERT_NE(row, rows().end());
  for (const bool v6 : {false, true})
    for (const int quote : {0, 1, 4, 8, 12}) {
      BoxTrial t{&*row, {.routers = 6, .v6 = v6}};
      t.route.conduct = {{}, {.quote = quote}};
      t.route.boxes = {{.router = 4, .post = false, .specs = {row->spec}}};
      std::vector<std::string> told;
      for (const TraceFinding& f : run_trial(t).report.findings)
        told.push_back(fmt::format("{} {} {}", f.id, f.interval.lo, f.interval.hi));
      EXPECT_THAT(told, testing::ElementsAre("mptcp.dss.data.forward: dropped 3 4"))
          << quote << " bytes, IPv" << (v6 ? 6 : 4);
    }
}

// Where routers do not limit, silence needs no waiting at the pace of those that do; not behind the last one either.
TEST(BoxedChains, TheBatteryEndsWithinTwoSecondsBehindEveryBox) {
  bool v6 = false;
  for (const BoxCase& row : rows()) {
    v6 = !v6 && std::ranges::count(row.families, 6) != 0;
    for (const int router : {10, 20}) {
      if (router == 20 && row.box != "drop") continue;
      BoxTrial t{&row, {.routers = 20, .v6 = v6}};
      t.route.boxes = {{.router = router, .post = row.post, .specs = {row.spec}}};
      EXPECT_LE(run_trial(t).took, std::chrono::seconds(2)) << row.spec << ", IPv" << (v6 ? 6 : 4);
    }
  }
}

// Every tenth packet is lost on each way, and a host does not answer every SYN that comes again: these seeds were told
// as drops.
TEST(BoxedChains, ASynThatGetsLostNowAndThenIsNotDropped) {
  const auto row = std::find_if(rows().begin(), rows().end(), [](const BoxCase& c) { return c.spec == "loss"; });
  ASSERT_NE(row, rows().end());
  for (const uint64_t seed : {2, 19, 52, 164, 166, 224}) judged(*row, seed, 1);
}

TEST(BoxedChainsLong, ManySeeds) {
  const char* only = std::getenv("CHAINS_ROW");
  for (const BoxCase& row : rows())
    if (only == nullptr || row.spec.find(only) != std::string::npos)
      judged(row, given("CHAINS_FROM", 1000), given("CHAINS_SEEDS", kManySeeds));
}

TEST(BoxedChainsLong, EveryLengthOfAQuote) {
  BoxScore score;
  for (const BoxCase& row : rows())
    for (int quote = 0; !row.one.empty() && quote < 90; ++quote) {
      const BoxTrial t = quoted(row, quote, quote % 2 != 0 && row.families.size() > 1);
      judge_trial(t, run_trial(t), false, score);
    }
  EXPECT_EQ(first_of(score.faults), "");
}

TEST(BoxedChains, EveryBoxOfTheRegistryHasARow) {
  std::set<std::string> known;
  for (const BoxCase& row : rows()) known.insert(row.box);
  for (const BoxEntry& box : boxes())
    EXPECT_TRUE(known.contains(box.schema.name)) << box.schema.name << ": add a row to tests/probe/boxes.json";
}

}  // namespace
}  // namespace gauntlet
