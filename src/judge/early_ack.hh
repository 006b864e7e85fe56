// Acknowledgements that somebody sent in the receiver's name: `proxy_acked`.
#pragma once
#include <vector>

#include "judge/align.hh"
#include "judge/compare.hh"
#include "judge/edges.hh"

namespace gauntlet {

// Gathers, for one way of one flow, the segments that only the downstream side has and those whose acknowledgement was
// raised on the way, and says which of them acknowledged
// a SYN, bytes or a FIN that the side they claim to come from had not received by then (without a shared clock: never
// received). What stands behind a hole was not received. One record for all of them, beside their `injected` or
// `ack_shift` records.
class EarlyAcks {
 public:
  EarlyAcks(const WayContext& context, const Clock& clock, const Edges& edges)
      : c_(context), clock_(clock), edges_(edges) {}

  void add(uint32_t segment, const Unit& unit);
  void report();

 private:
  static constexpr size_t kMost = 200'000;  // as many as there can be records
  struct Candidate {
    uint32_t segment;
    int64_t ack;  // canonical
    Time time;
  };
  const WayContext& c_;
  const Clock& clock_;
  const Edges& edges_;
  std::vector<Candidate> candidates_;
};

}  // namespace gauntlet
