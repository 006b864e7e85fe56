// The classes of a segment, in the closed list of scenario files: syn synack ack3 data ack fin rst, mpc join dss add rm
// prio fail fclose tcprst.
#pragma once
#include <string>

#include "judge/flows.hh"

namespace gauntlet {

// "data+dss" of one segment of this half. A third ACK is `ack` and `ack3`.
std::string class_of(const Trace& trace, const Flow& flow, Way way, size_t segment);
std::string class_of_other(const TracedFrame& frame);  // "fragment", "icmp", "udp", "tcp" (not walkable), "other"

}  // namespace gauntlet
