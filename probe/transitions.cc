#include "probe/transitions.hh"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

namespace gauntlet {
namespace {

bool says(const HopState& h) {
  return (h.state.evidence == Evidence::equal && !h.state.weak) ||
         (h.state.evidence == Evidence::changed && !h.state.ambiguous);
}

std::string reason(const HopState& h) {
  const bool weak = h.state.weak || h.state.ambiguous;
  return fmt::format("hop {}: {}", h.ttl, weak ? "not-covered" : name_of(h.state.evidence));
}

bool gone(const FieldState& s) {
  return s.evidence == Evidence::changed &&
         (s.verdict == "stripped-nop" || s.verdict == "stripped-eol" || s.verdict == "stripped-cut");
}

// An option that one box took away cannot be taken by another one: that edits what the first left there.
bool still_gone(const FieldState& from, const FieldState& to) {
  return gone(from) && (gone(to) || to.verdict == "overwritten" || to.verdict == "kind-replaced");
}

}  // namespace

FieldPath follow(const std::vector<HopState>& all, bool any_value) {
  FieldPath out;
  std::vector<HopState> hops = all;
  const auto same = [&](const FieldState& a, const FieldState& b) {
    if (a.evidence != b.evidence) return false;
    return a.evidence == Evidence::equal || (a.verdict == b.verdict && (any_value || a.after == b.after));
  };
  // An ambiguous state is what the next definite one says, if that is one of its readings.
  for (size_t i = 0; i < hops.size(); ++i) {
    if (!hops[i].state.ambiguous) continue;
    const auto later = std::find_if(hops.begin() + static_cast<long>(i) + 1, hops.end(), says);
    if (later == hops.end()) continue;
    if (later->state.evidence == Evidence::changed && later->state.verdict == hops[i].state.verdict) {
      hops[i].state.ambiguous = false;
      hops[i].state.after = later->state.after;
    } else {
      hops[i].state = {};
    }
  }
  std::vector<const HopState*> told;
  HopState origin;
  origin.state.evidence = Evidence::equal;
  told.push_back(&origin);
  for (const HopState& h : hops)
    if (says(h)) told.push_back(&h);
  for (size_t i = 1; i + 1 < told.size();) {
    if (!same(told[i]->state, told[i - 1]->state) && same(told[i - 1]->state, told[i + 1]->state)) {
      out.artefacts.push_back(told[i]->ttl);
      told.erase(told.begin() + static_cast<long>(i));
    } else {
      ++i;
    }
  }
  std::vector<const FieldState*> earlier{&origin.state};
  for (size_t i = 1; i < told.size(); ++i) {
    const HopState &from = *told[i - 1], &to = *told[i];
    if (same(from.state, to.state) || still_gone(from.state, to.state)) continue;
    Transition t;
    t.from = from.state;
    t.to = to.state;
    t.interval.hi = to.ttl;
    t.interval.lo = from.ttl;
    t.back = std::any_of(earlier.begin(), earlier.end(), [&](const FieldState* s) { return same(*s, to.state); });
    // A hop in between that quotes only the checksum, and an unchanged one, was before the box, if the box updates it
    // and the sum can tell its edit (exchanged words keep it).
    if (from.state.evidence == Evidence::equal && to.checksum_updated)
      for (const HopState& h : hops)
        if (h.ttl > t.interval.lo && h.ttl < to.ttl && h.state.weak && h.checksum_updated &&
            h.sum_change != to.sum_change)
          t.interval.lo = h.ttl;
    // One that shows the whole length was before a box that shortens.
    if (from.state.evidence == Evidence::equal && to.state.verdict == "stripped-cut")
      for (const HopState& h : hops)
        if (h.ttl > t.interval.lo && h.ttl < to.ttl && h.same_length) t.interval.lo = h.ttl;
    for (const HopState& h : hops)
      if (h.ttl > t.interval.lo && h.ttl < to.ttl) t.interval.wide_because.push_back(reason(h));
    earlier.push_back(&to.state);
    out.transitions.push_back(std::move(t));
  }
  return out;
}

}  // namespace gauntlet
