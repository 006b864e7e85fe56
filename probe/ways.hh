// The ways flows take. Who spreads load hashes addresses and ports (RFC 2992): a flow keeps to one way, and the next
// one may take another. So probes that disagree may have seen two paths.
#pragma once
#include <string>
#include <vector>

#include "probe/findings.hh"
#include "probe/observation.hh"

namespace gauntlet {

struct Fork {
  uint8_t hop = 0;  // the first where several routers answered TCP; 0: nowhere
  std::string routers;
};
Fork first_fork(const Observation&);

std::string base_name(const std::string& run);  // "mpcapable#3", the third flow of a probe: "mpcapable"
// No hop that both show answered from another address.
bool same_way(const ProbeRun&, const ProbeRun&);
// SYN probes whose flows did not take every way that flows are known to take.
std::vector<std::string> seen_on_some_ways(const Observation&);
// The same, where one more flow of each is worth its packets.
std::vector<std::string> worth_another_flow(const Observation&);
// A note where flows of one probe disagree, with the routers that tell them apart; and where probes missed a way.
void tell_ways(const Observation&, TraceReport&);

}  // namespace gauntlet
