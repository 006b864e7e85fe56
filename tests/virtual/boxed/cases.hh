// The boxes of the registry against the prober: what must be found, where, and how it must be called. The rows are in
// tests/probe/boxes.json, written from what each box says it does; the lab suite reads the same file.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "probe/trace.hh"
#include "virtual/route/route.hh"

namespace gauntlet {

struct WantedFinding {
  std::string id;
  bool placed = true;  // "~id": it is known to be there, and not where
};

struct BoxCase {
  std::string box, spec, why;            // why: what keeps it from being seen
  bool pre = true, post = true;          // hooks it may stand on
  bool syn_only = false, loose = false;  // loose: two hops wide, because only an answer's TTL tells where from
  std::vector<std::string> probes;
  std::vector<int> families{4, 6};
  std::vector<WantedFinding> one;    // single-ended
  std::vector<WantedFinding> maybe;  // seen by some quotes only, where routers are poor; its place is right
  std::optional<std::vector<WantedFinding>> two;  // with an agent at the server; absent: not tried
  int hidden_hops = 0;                            // so many routers must lie behind the box
  int routers_before = 0;  // so many routers must lie in front of the box: they show the way back
  bool filling = true;     // false: it cuts quotes, after which zeros that filled one up cannot be told from data
  std::string seen_as;     // the addresses, IPv4 and IPv6, under which the server sees the client; empty: its own
};

std::vector<BoxCase> box_cases(const std::filesystem::path& json);  // throws UsageError

// One box on one router of one path, traced.
struct BoxTrial {
  const BoxCase* row;
  RouteConfig route;  // with the box in it
  bool agent = false;
};
TraceResult run_trial(const BoxTrial&);

struct BoxScore {
  int runs = 0, found = 0, inside = 0, exact = 0, named = 0;
  std::vector<std::string> faults;  // "seed 3: ...": what was wrong, one line each
};
// `whole`: every router answered and quoted all, so that findings must be these and one hop wide. Otherwise what
// routers do not quote may be missing or be told in general ("tcp.tail: modified"), but nothing may be wrong.
void judge_trial(const BoxTrial&, const TraceResult&, bool whole, BoxScore&);

}  // namespace gauntlet
