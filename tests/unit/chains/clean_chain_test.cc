// Clean paths of 1 to 20 routers that quote, keep silent and limit as a seed says: nothing is found. 500 runs.
#include <gtest/gtest.h>

#include <algorithm>

#include "probe/trace.hh"
#include "virtual/route/route.hh"

namespace gauntlet {
namespace {

std::string told(const TraceReport& r) {
  std::string text;
  for (const TraceFinding& f : r.findings) text += f.sentence + "\n";
  return text;
}

RouterConduct drawn(Rng& rng) {
  RouterConduct c;
  if (rng.chance(0.5)) c.quote = static_cast<int>(rng.below(90));
  if (rng.chance(0.15)) c.filling = drawn_filling(rng);
  c.silent = rng.chance(0.15);
  c.burst = rng.chance(0.1) ? 6 : 0;
  return c;
}

void nothing_found(uint64_t from, uint64_t runs) {
  size_t inconclusive = 0;
  for (uint64_t seed = from; seed < from + runs; ++seed) {
    Rng rng(seed);
    RouteConfig config{.routers = static_cast<int>(1 + rng.below(20)), .v6 = rng.chance(0.5), .seed = seed};
    for (int i = 0; i < config.routers; ++i) config.conduct.push_back(drawn(rng));
    config.server_mptcp = rng.chance(0.9);
    VirtualRoute route(config);
    TraceRequest request;
    request.source = route.client_address();
    request.destination = route.server_address();
    request.syn_only = rng.chance(0.5);
    const TraceResult r = trace(route.client(), request);
    ASSERT_EQ(told(r.report), "") << "seed " << seed;
    ASSERT_EQ(r.report.distance, config.routers + 1) << "seed " << seed;
    ASSERT_EQ(r.report.reach, Reach::answered) << "seed " << seed;
    inconclusive += r.report.inconclusive ? 1 : 0;
  }
  EXPECT_LT(inconclusive, runs / 10 + 1);
}

TEST(CleanChain, NothingIsFound) { nothing_found(1, 80); }
TEST(CleanChainLong, NothingIsFoundInFiveHundredRuns) { nothing_found(1, 500); }

// A router that limits is never taken for one that does not: what stayed unanswered has that name.
TEST(CleanChain, WhatRoutersThatLimitDidNotAnswerIsCalledSo) {
  constexpr int kTokens = 10;  // past that, only the probes that are sent but once are not answered
  for (const bool v6 : {false, true})
    for (int routers = 1; routers <= kTokens; ++routers) {
      RouteConfig config{.routers = routers, .v6 = v6};
      for (int i = 0; i < routers; ++i) config.conduct.push_back({.burst = static_cast<uint32_t>(1 + i)});
      VirtualRoute route(config);
      TraceRequest request;
      request.source = route.client_address();
      request.destination = route.server_address();
      const TraceResult r = trace(route.client(), request);
      EXPECT_EQ(told(r.report), "") << routers;
      size_t limited = 0;
      for (const ProbeRun& run : r.seen.runs)
        for (int ttl = 1; ttl <= routers; ++ttl) {
          const bool answered =
              std::any_of(run.quotes.begin(), run.quotes.end(), [&](auto& q) { return q.ttl == ttl; });
          const bool named = std::ranges::count(run.limited, ttl) != 0;
          EXPECT_TRUE(answered || named) << run.name << " at " << ttl << " of " << routers << ", IPv" << (v6 ? 6 : 4);
          limited += named ? 1 : 0;
        }
      EXPECT_GT(limited, 0u) << routers;
    }
}

}  // namespace
}  // namespace gauntlet
