// Whether time stamps of two captures can be compared.
#pragma once
#include <vector>

#include "judge/pairing.hh"

namespace gauntlet {

// True when one clock can have stamped both sides: what surely crossed between them crossed forwards in time, either
// way. Nothing that surely crossed contradicts nothing.
bool one_clock(const Trace& client, const FlowSet& a, const Trace& server, const FlowSet& b,
               const std::vector<FlowPair>& pairs);

}  // namespace gauntlet
