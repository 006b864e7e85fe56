// The part of a trace that an agent at the destination does.
#pragma once
#include "probe/trace.hh"

namespace gauntlet {

// What came in there, given to the probes it belongs to. `delivered`: each was sent there for this.
void take_arrivals(ProbeTransport& there, Collector&, bool delivered = false);
// Sends TTL-limited copies from the agent to us, `hops` far, within the first connection that was answered.
// One more of each gets to us: `ours` sees what it has become.
Observation probe_way_back(const TraceRequest&, ProbeTransport& ours, const Observation& seen, uint8_t hops,
                           Duration slowest);

// The address the other side sees is not ours: asks where it is translated. One probe that passes the translator and
// one that it knows nothing of, toward the destination and from there; see place_translation() of locate.hh.
struct MappingProbes {
  Observation forth, back;
};
MappingProbes probe_mapping(const TraceRequest&, ProbeTransport& ours, const Observation& seen, const Observation& back,
                            uint8_t hops, Duration slowest);

}  // namespace gauntlet
