// The part of a trace that an agent at the destination does.
#pragma once
#include "probe/trace.hh"

namespace gauntlet {

void take_arrivals(ProbeTransport& agent, Collector&);  // what came in there, given to the probes it belongs to
// Sends TTL-limited copies from the agent to us, `hops` far, within the first connection that was answered.
Observation probe_way_back(const TraceRequest&, const Observation& seen, uint8_t hops, Duration slowest);

}  // namespace gauntlet
