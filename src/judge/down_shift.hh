// A shift of sequence numbers downwards that begins in mid-connection: what comes after it stands under numbers that
// were taken before, so that a map of positions alone takes it for old data sent again.
#pragma once
#include <optional>

#include "judge/flows.hh"
#include "judge/stream_map.hh"

namespace gauntlet {

struct DownShift {
  uint32_t segment = 0;           // the first one behind the box that is shifted; all later ones are
  int64_t by = 0;                 // so much lower than before the box; positive
  int64_t at = 0;                 // where it should have stood: relative number before the box
  std::optional<uint32_t> first;  // the segment before the box, when one begins there
};

// Looks at what `map` took for deletions: one is a shift when a segment behind the box has, where bytes were already,
// the bytes that seem deleted.
std::optional<DownShift> find_down_shift(const Half& u, SegmentBytes& u_bytes, const Trace& trace, const Half& d,
                                         SegmentBytes& d_bytes, const StreamMap& map);
// The half with the shift undone.
Half raised(Half d, const DownShift& shift);

}  // namespace gauntlet
