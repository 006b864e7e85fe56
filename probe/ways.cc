#include "probe/ways.hh"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

#include "probe/answers.hh"
#include "probe/compare.hh"
#include "wire/layout.hh"

namespace gauntlet {
namespace {

using Addresses = std::set<IpAddress>;
using Hops = std::map<uint8_t, Addresses>;

// Two ways of equal weight are both taken by then, but once in two thousand times.
constexpr int kMostFlows = 12;
constexpr int kMostLimited = 2;  // routers that limit their answers are not to be asked so much

Hops hops_shown(const ProbeRun& run) {
  Hops out;
  for (const HopQuote& q : run.quotes)
    if (q.type != kArrival && q.ttl != 0 && q.from != run.flow.destination) out[q.ttl].insert(q.from);
  return out;
}

bool disjoint(const Addresses& a, const Addresses& b) {
  return std::none_of(a.begin(), a.end(), [&](const IpAddress& x) { return b.contains(x); });
}

void merge(Hops& into, const Hops& more) {
  for (const auto& [ttl, addresses] : more) into[ttl].insert(addresses.begin(), addresses.end());
}

std::string list_of(const Addresses& all) {
  std::string text;
  for (const IpAddress& a : all) text += (text.empty() ? "" : ", ") + to_text(a);
  return text;
}

// Hops where ways part: more answer there than at the hop before. Behind them it is the same ways that go on.
Hops forks(const Observation& o) {
  Hops all, out;
  for (const ProbeRun& run : o.runs)
    if (run.spec.proto == kProtoTcp) merge(all, hops_shown(run));
  for (const auto& [ttl, addresses] : all) {
    const auto before = all.find(static_cast<uint8_t>(ttl - 1));
    if (addresses.size() > (before == all.end() ? 1 : before->second.size())) out[ttl] = addresses;
  }
  return out;
}

struct Flows {
  int count = 0;
  Hops shown;
  bool silent = false;  // a flow did not show where it went at a fork
};

std::map<std::string, Flows> flows_of(const Observation& o, const Hops& at) {
  std::map<std::string, Flows> out;
  for (const ProbeRun& run : o.runs) {
    if (!is_syn(run) || run.copies_only || run.name == "distance") continue;
    Flows& f = out[base_name(run.name)];
    const Hops shown = hops_shown(run);
    ++f.count;
    merge(f.shown, shown);
    f.silent = f.silent || std::any_of(at.begin(), at.end(), [&](const auto& h) { return !shown.contains(h.first); });
  }
  return out;
}

bool misses(const Flows& f, const Hops& at) {
  return std::any_of(at.begin(), at.end(), [&](const auto& h) {
    const auto mine = f.shown.find(h.first);
    return mine != f.shown.end() && mine->second != h.second;
  });
}

bool shows(const ProbeRun& run, const TraceFinding& f) {
  return std::find(f.probes.begin(), f.probes.end(), run.name) != f.probes.end();
}

// This flow carried the field past the place and it was still as sent; or the packet was answered.
bool contradicts(const ProbeRun& run, const TraceFinding& f) {
  if (f.verdict == "dropped" || f.verdict == "reset") {
    const SynAnswer a = answer_of(run);
    return a.syn_ack || (a.rst && f.verdict == "dropped");
  }
  return std::any_of(run.quotes.begin(), run.quotes.end(), [&](const HopQuote& q) {
    if (q.ttl < f.interval.hi || q.ttl == 0 || q.ttl > run.sent.size() || run.sent[q.ttl - 1u].empty()) return false;
    const Fields fields = compare(run.sent[q.ttl - 1u], q.quote).fields;
    const auto it = fields.find(f.field);
    return it != fields.end() && it->second.evidence == Evidence::equal && !it->second.weak;
  });
}

// The last hop in front of the place where these flows and those went through other routers; else the first behind it.
uint8_t parting(const Hops& a, const Hops& b, const HopInterval& place) {
  uint8_t before = 0, behind = 0;
  for (const auto& [ttl, addresses] : a) {
    const auto other = b.find(ttl);
    if (other == b.end() || !disjoint(addresses, other->second)) continue;
    if (ttl < place.hi)
      before = ttl;
    else if (behind == 0)
      behind = ttl;
  }
  return before != 0 ? before : behind;
}

void tell_disagreement(const Observation& o, const TraceFinding& f, TraceReport& report) {
  Hops yes, no;
  size_t showing = 0, others = 0;
  std::set<std::string> bases;
  for (const std::string& probe : f.probes) bases.insert(base_name(probe));
  for (const ProbeRun& run : o.runs) {
    if (!is_syn(run) || run.copies_only || !bases.contains(base_name(run.name))) continue;
    if (shows(run, f)) {
      ++showing;
      merge(yes, hops_shown(run));
    } else if (contradicts(run, f)) {
      ++others;
      merge(no, hops_shown(run));
    }
  }
  if (showing == 0 || others == 0) return;
  const uint8_t hop = parting(yes, no, f.interval);
  report.notes.push_back(
      {"path.inconsistent",
       hop != 0
           ? fmt::format("{}: {} where flows go through {} (hop {}), and not where they go through {}: several paths, "
                         "and the box is on one of them",
                         f.field, f.verdict, list_of(yes.at(hop)), hop, list_of(no.at(hop)))
           : fmt::format("{}: {} in {} of {} flows, and routers show no other way for these: paths that look alike, "
                         "or a box that does not treat all flows alike",
                         f.field, f.verdict, showing, showing + others)});
}

}  // namespace

Fork first_fork(const Observation& o) {
  const Hops at = forks(o);
  return at.empty() ? Fork{} : Fork{at.begin()->first, list_of(at.begin()->second)};
}

std::string base_name(const std::string& run) {
  const size_t at = run.rfind('#');
  const bool number = at != std::string::npos && at + 1 < run.size() &&
                      run.find_first_not_of("0123456789", at + 1) == std::string::npos;
  return number ? run.substr(0, at) : run;
}

bool same_way(const ProbeRun& a, const ProbeRun& b) {
  const Hops of_a = hops_shown(a), of_b = hops_shown(b);
  return std::none_of(of_a.begin(), of_a.end(), [&](const auto& h) {
    const auto other = of_b.find(h.first);
    return other != of_b.end() && disjoint(h.second, other->second);
  });
}

std::vector<std::string> seen_on_some_ways(const Observation& o) {
  const Hops at = forks(o);
  std::vector<std::string> out;
  for (const auto& [name, flows] : flows_of(o, at))
    if (misses(flows, at)) out.push_back(name);
  return out;
}

std::vector<std::string> worth_another_flow(const Observation& o) {
  const Hops at = forks(o);
  const bool limited = std::any_of(o.runs.begin(), o.runs.end(), [](const ProbeRun& r) { return !r.limited.empty(); });
  std::vector<std::string> out;
  for (const auto& [name, flows] : flows_of(o, at))
    if (misses(flows, at) && flows.count < (limited ? kMostLimited : kMostFlows) && !(flows.silent && flows.count > 1))
      out.push_back(name);
  return out;
}

void tell_ways(const Observation& o, TraceReport& report) {
  if (report.by_turns) return;  // no flow has a way of its own
  for (const TraceFinding& f : report.findings)
    if (f.direction != PathDirection::back) tell_disagreement(o, f, report);
  const auto missed = seen_on_some_ways(o);
  if (missed.empty()) return;
  std::string names, where;
  for (const std::string& name : missed) names += (names.empty() ? "" : ", ") + name;
  for (const auto& [ttl, addresses] : forks(o))
    where += fmt::format("{}hop {} is {}", where.empty() ? "" : "; ", ttl, list_of(addresses));
  report.notes.push_back(
      {"path.several", fmt::format("flows go several ways ({}); not on all of them: {}", where, names)});
}

}  // namespace gauntlet
