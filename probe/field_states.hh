// One field of one probe as the hops tell it.
#pragma once
#include <set>
#include <string>
#include <vector>

#include "probe/hop_reading.hh"
#include "probe/transitions.hh"

namespace gauntlet {

// Sent with another value for every TTL, or told by what is quoted of it.
const std::set<std::string>& volatile_fields();
// Options are named with the segment that carried them; addresses, numbers and the IP header are the flow's.
bool belongs_to_segment(const std::string& field);
// One state per hop; where a comparison does not hold the field, what its silence says.
std::vector<HopState> states_of(const std::vector<Hop>&, const std::string& field);
// What stands in the interval, both ends included.
std::vector<EvidenceRow> rows_of(const ProbeRun&, const std::vector<HopState>&, const HopInterval&);

}  // namespace gauntlet
