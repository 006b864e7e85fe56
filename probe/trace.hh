// One trace from beginning to end: collect, locate, look again where hops contradict each other.
#pragma once
#include <string>
#include <vector>

#include "probe/collect.hh"
#include "probe/findings.hh"

namespace gauntlet {

struct TraceRequest {
  IpAddress source, destination;
  uint16_t port = 80;
  std::vector<std::string> probes;  // names or specs; empty: the battery
  bool syn_only = false;            // of the battery, only what needs no connection
  CollectLimits limits;
  ProbeTransport* agent = nullptr;       // the other side, when it helps; outlives the trace
  IpAddress agent_address, our_address;  // as the agent sees them
};

struct TraceResult {
  Observation seen;
  Observation back;  // what the agent's own probes showed; no runs without an agent
  TraceReport report;
  bool established = false;
  Duration took{};
};

TraceResult trace(ProbeTransport&, const TraceRequest&);  // throws UsageError for a probe that cannot be
std::vector<WantedProbe> wanted_probes(const TraceRequest&, bool established);

}  // namespace gauntlet
