// Which flow on one cut is which flow on the other, without trusting addresses and ports (a NAT changes them).
#pragma once
#include <optional>
#include <vector>

#include "judge/flows.hh"

namespace gauntlet {

enum class PairedBy : uint8_t {
  key,
  join,
  tuple,
  likeness,
  nothing
};  // tuple: same addresses, ports and initial numbers
const char* name_of(PairedBy);

struct FlowPair {
  std::optional<size_t> a, b;  // indexes into the two sides' flows; one of them missing: seen on one side only
  PairedBy by = PairedBy::nothing;
};

// Every flow of both sides stands in exactly one pair; pairs are in order of first appearance. Only flows that have
// something in common are compared, and of many with the same in common few with each: `compared`, if given, becomes
// the number of comparisons, which grows with the number of flows and not with its square.
std::vector<FlowPair> pair_flows(const Trace& ta, const FlowSet& a, const Trace& tb, const FlowSet& b,
                                 uint64_t* compared = nullptr);

}  // namespace gauntlet
