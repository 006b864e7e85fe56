#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "judge/bench.hh"

namespace gauntlet {
namespace {

// Every packet the box's router could have lost or let through untouched.
constexpr const char* kMustBeZero[] = {"overrun",       "queue_dropped", "user_dropped",
                                       "inject_failed", "refused",       "oversize"};

void check_problems(Bench& b) {
  for (const Problem& p : b.evidence.problems)
    b.add("armed.evidence", Level::error, p.reason, "whole evidence", p.text);
}

void check_captures(Bench& b, const RunEvidence& run) {
  std::set<std::string> seen;
  for (const Trace& cut : run.cuts) {
    for (const TracedInterface& i : cut.interfaces()) {
      if (!seen.insert(i.name).second) continue;
      const auto file = fmt::format("{}/{}.pcapng", run.name, i.name);
      if (!i.damage.empty())
        b.add("armed.captures", Level::error, "evidence-damaged", "a capture read to its end", i.damage).capture = file;
      const auto facts = run.capture.find(i.name);
      if (facts == run.capture.end()) {
        b.add("armed.captures", Level::error, "evidence-missing", "the capture report names " + i.name, "it does not")
            .capture = file;
        continue;
      }
      if (facts->second.dropped != 0 || facts->second.truncated != 0)
        b.add("armed.captures", Level::error, "capture-lost", "0 dropped, 0 truncated",
              fmt::format("{}: {} dropped, {} truncated", i.name, facts->second.dropped, facts->second.truncated))
            .capture = file;
      if (i.damage.empty() && facts->second.frames != i.frames)
        b.add("armed.captures", Level::error, "evidence-damaged",
              fmt::format("{} frames, as the capture report says", facts->second.frames),
              fmt::format("{} in {}", i.frames, file))
            .capture = file;
    }
  }
}

void check_queues(Bench& b, const RunEvidence& run) {
  const bool boxed = run.name != "baseline";
  std::set<std::string> nodes;
  for (const BoxPlace& p : b.evidence.boxes) nodes.insert(p.on);
  for (const std::string& node : nodes) {
    const auto facts =
        std::find_if(run.boxes.begin(), run.boxes.end(), [&](const BoxFacts& f) { return f.node == node; });
    if (facts == run.boxes.end()) {
      b.add("armed.queue", Level::error, "evidence-missing", "a report of the box on " + node, "none in " + run.name);
      continue;
    }
    if (facts->mode != (boxed ? "box" : "pass"))
      b.add("armed.queue", Level::error, boxed ? "not-armed" : "baseline-unclean", boxed ? "box" : "pass",
            fmt::format("{} ran as {} in {}", node, facts->mode, run.name));
    for (const char* name : kMustBeZero) {
      const auto it = facts->adapter.find(name);
      if (it != facts->adapter.end() && it->second != 0)
        b.add("armed.queue", Level::error, "queue-lost", fmt::format("{} 0", name),
              fmt::format("{} {} on {} in {}", name, it->second, node, run.name));
    }
  }
}

}  // namespace

void check_evidence(Bench& b) {
  check_problems(b);
  for (const char* name : {"baseline", "tcp", "mptcp"})
    if (b.evidence.readable && !b.run(name))
      b.add("armed.evidence", Level::error, "evidence-missing", fmt::format("a run {}", name), "none");
  for (const RunEvidence& run : b.evidence.runs) {
    check_captures(b, run);
    check_queues(b, run);
  }
  if (b.evidence.readable && b.armed()) b.add("armed.evidence", Level::pass);
}

void check_hits(Bench& b) {
  const auto hits_of = [](const RunEvidence& run, const BoxPlace& place) -> std::optional<uint64_t> {
    const auto facts =
        std::find_if(run.boxes.begin(), run.boxes.end(), [&](const BoxFacts& f) { return f.node == place.on; });
    return facts == run.boxes.end() ? std::nullopt : std::optional(facts->hits);
  };
  bool all = true;
  uint64_t in_control = 0;
  std::string of_control;
  for (const BoxPlace& place : b.evidence.boxes) {
    if (place.declares.empty()) continue;
    const RunEvidence *run = b.run("mptcp"), *control = b.run("tcp");
    if (run && hits_of(*run, place) == 0u) {
      all = false;
      b.add("armed.hits", Level::error, "not-armed", fmt::format("{} on {} acts on MPTCP", place.spec, place.on),
            "0 hits");
    }
    if (!place.acts_on_tcp || !control) continue;
    in_control += hits_of(*control, place).value_or(0);
    of_control += (of_control.empty() ? "" : ", ") + place.spec + " on " + place.on;
  }
  // The control is one flow on one path: of several boxes it meets at least one.
  if (!of_control.empty() && in_control == 0) {
    all = false;
    b.add("armed.hits", Level::error, "not-armed", of_control + " act on plain TCP, too", "0 hits in the control");
  }
  if (all && !b.evidence.boxes.empty()) b.add("armed.hits", Level::pass);
}

}  // namespace gauntlet
