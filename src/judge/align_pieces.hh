// Aligns one direction of one flow piece by piece, so that an alignment costs the same memory however long the flow is.
//
// A piece ends at a clean cut: no group of segments crosses it, and a quarter of a piece was looked at behind it. Where
// the captures share a clock both sides of a piece end at the same time; without one they have as many segments. When a
// piece has no clean cut, or more than three quarters of it were in flight, it grows, up to the whole flow. A flow that
// fits one piece is aligned whole. What pieces cannot see: a segment that arrives more than a piece after those sent
// with it counts as dropped and injected.
#pragma once
#include <unordered_set>

#include "judge/align.hh"
#include "judge/unit.hh"

namespace gauntlet {

struct Piece {
  Units u, d;                        // of the piece and what was looked at behind it
  Alignment found;                   // in indexes of segments
  std::vector<uint32_t> duplicated;  // arrived again: copies of a segment that also arrived as it was sent
};

// Where the units come from.
struct UnitSource {
  const Trace* trace;
  const Half* half;
  const StreamMap *stream, *acked;
  bool downstream;
  uint32_t size() const { return static_cast<uint32_t>(half->segments.size()); }
  Time time(uint32_t segment) const { return trace->frames()[half->segments[segment].frame].time; }
  Units units(uint32_t from, uint32_t to) const {
    return units_of(*trace, *half, from, to, *stream, *acked, downstream);
  }
};

class AlignPieces {
 public:
  // `piece`: segments of each side that are aligned at once, 4 or more.
  AlignPieces(UnitSource u, UnitSource d, const Clock& clock, uint32_t piece)
      : u_(u), d_(d), clock_(clock), piece_(piece) {}
  bool next(Piece& out);  // false when everything was given out

 private:
  struct Reach {
    uint32_t u, d;  // segments of each side, from the piece's first on
    bool all;       // nothing is left behind
  };
  Reach reach(uint32_t want) const;
  void give(Piece& out, const std::vector<Group>& groups, uint32_t u, uint32_t d);

  UnitSource u_, d_;
  const Clock& clock_;
  uint32_t piece_;
  uint32_t at_u_ = 0, at_d_ = 0;
  std::unordered_set<uint64_t> arrived_;  // prints of what was found behind the box in the piece before
};

}  // namespace gauntlet
