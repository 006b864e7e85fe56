// What the analysis says: findings with an interval of hops, what was seen, and what it means for Multipath TCP.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "probe/compare.hh"
#include "probe/observation.hh"

namespace gauntlet {

enum class PathDirection : uint8_t { forward, back, either };  // back: from the destination to us
const char* name_of(PathDirection);                            // "forward", "return", "either"

inline constexpr uint8_t kDestination = 255;  // as `hi`: seen only in what the destination answers

// Between hop lo and hop hi: the packet was still whole when hop `lo` looked at it (0: when we sent it) and no longer
// when hop `hi` did. A router quotes a packet as it came in, so a box inside router N shows at hop N + 1: the width is
// then 1.
struct HopInterval {
  uint8_t lo = 0, hi = 0;
  std::vector<std::string> wide_because;  // one per hop in between: "hop 4: silent"
  friend bool operator==(const HopInterval& a, const HopInterval& b) { return a.lo == b.lo && a.hi == b.hi; }
};

struct EvidenceRow {
  std::string probe;
  uint8_t ttl = 0;
  FieldState state;
};

struct TraceFinding {
  std::string id;       // "mptcp.mp_capable.syn.forward: stripped-nop"; stable, for --expect
  std::string field;    // "mptcp.mp_capable"
  std::string segment;  // "syn", "data", ...; empty where it does not matter (IP header, ports, sequence numbers)
  std::string verdict;
  PathDirection direction = PathDirection::forward;
  HopInterval interval;
  std::string before, after;
  bool inferred = false;
  std::vector<std::string> candidates;  // several fields fit the evidence: one of these
  std::vector<std::string> probes;      // that show it
  uint32_t agree = 0, asked = 0;        // probes that show it, of those that could
  std::vector<EvidenceRow> evidence;
  std::string sentence;  // one sentence for people
  std::string means;     // for Multipath TCP
};

// Seen, and no interference: a quoting router's own damage, a server without MPTCP, a list of answers that contradict.
struct TraceNote {
  std::string id, text;
};

enum class Reach : uint8_t { answered, refused, unreachable, silent };
const char* name_of(Reach);

struct HopLine {
  uint8_t ttl = 0;
  std::vector<IpAddress> addresses;   // more than one: the path is not the same for all probes
  Duration rtt{};                     // smallest seen
  Evidence state = Evidence::silent;  // equal: it answered
  uint16_t quoted = 0;                // most upper-layer bytes quoted
  std::string mpls;                   // RFC 4950 label stack, when told
};

struct TraceReport {
  std::vector<HopLine> hops;       // up to the destination, exclusive
  std::vector<HopLine> back_hops;  // of the way back, from the destination on; only with an agent
  uint8_t distance = 0;            // hops to what answered, 0: nothing did
  Reach reach = Reach::silent;
  std::vector<TraceFinding> findings;
  std::vector<TraceNote> notes;
  // Share of (hop, probe) pairs before the destination that answered, 0 .. 1.
  double coverage = 0;
  bool by_turns = false;      // packets of one flow take several ways
  bool inconclusive = false;  // nothing found, and too little seen to say that nothing is there
  std::vector<std::string>
      inconsistent;  // names of probes whose hops contradict each other: to be sent over another flow
};

}  // namespace gauntlet
