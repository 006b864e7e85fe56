// How positions of a stream before a box correspond to positions behind it: constant unless the box inserts, deletes or
// shifts (an ALG, a shift that begins in mid-connection).
//
// Both sides are brought to common ("canonical") positions in which every length-changing edit has length 0: unchanged
// bytes of the two sides have equal canonical positions, so segments can be compared as if nothing had been inserted or
// deleted.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "judge/segment_bytes.hh"

namespace gauntlet {

// Positions [u0,u1) before the box became [d0,d1) behind it; the lengths differ. Relative numbers, as in FlowSegment.
struct LengthEdit {
  int64_t u0 = 0, u1 = 0, d0 = 0, d1 = 0;
  bool bytes_behind = false;  // the box sent bytes in [d0,d1); false with d1 > d0: the numbers just jump
};

class StreamMap {
 public:
  StreamMap() = default;
  explicit StreamMap(std::vector<LengthEdit> edits);

  int64_t before(int64_t position) const;      // canonical, of a position before the box
  int64_t behind(int64_t position) const;      // canonical, of a position behind it
  bool edited_before(int64_t position) const;  // inside an edit, as it stood before the box
  bool edited_behind(int64_t position) const;
  const std::vector<LengthEdit>& edits() const { return edits_; }

 private:
  std::vector<LengthEdit> edits_;         // ascending, not touching
  std::vector<int64_t> gone_u_, gone_d_;  // bytes of each side in the edits before this one
};

// Finds the length-changing edits between two streams. `u_fin`, `d_fin`: where the FIN stands, if one was seen: an edit
// in the last bytes can be measured only against it. Same-length changes are none of its business. `work`, if given,
// grows by the bytes looked at: a small multiple of the streams' length, however many edits there are.
StreamMap map_streams(SegmentBytes& u, SegmentBytes& d, std::optional<int64_t> u_fin, std::optional<int64_t> d_fin,
                      uint64_t* work = nullptr);

}  // namespace gauntlet
