// The quotes of one probe as one reading per hop.
#pragma once
#include <optional>
#include <vector>

#include "probe/compare.hh"
#include "probe/findings.hh"
#include "probe/observation.hh"

namespace gauntlet {

struct Hop {
  uint8_t ttl = 0;
  Evidence silence = Evidence::silent;  // why there is no comparison
  std::optional<Comparison> seen;
  size_t shown = 0;  // bytes of the upper layer in the quote, whatever fills it up among them
};

// Every TTL before the destination, ascending, once. Where several quotes answer one TTL the fullest is read, or, when
// they tile what was sent, all of them as pieces. Damage that a quoting router is known to do becomes a note.
// What a split looks like where the quotes of all pieces but the first are missing.
inline constexpr const char* kFirstPiece = "a first piece";

std::vector<Hop> hops_of(const Observation&, const ProbeRun&, TraceReport&);

}  // namespace gauntlet
