#include "judge/down_shift.hh"

#include <algorithm>

namespace gauntlet {
namespace {

constexpr size_t kMost = 64;  // deletions, and segments in each, that are looked at: streams of junk are full of both

bool holds(SegmentBytes& stream, int64_t at, ConstBytes bytes) {
  const ConstBytes there = stream.from(at);
  return there.size() >= bytes.size() && std::equal(bytes.begin(), bytes.end(), there.begin());
}

}  // namespace

std::optional<DownShift> find_down_shift(const Half& u, SegmentBytes& u_bytes, const Trace& trace, const Half& d,
                                         SegmentBytes& d_bytes, const StreamMap& map) {
  size_t edits = 0;
  for (const LengthEdit& e : map.edits()) {
    const int64_t by = (e.u1 - e.u0) - (e.d1 - e.d0);
    if (by <= 0) continue;
    if (++edits > kMost) break;
    size_t looked = 0;
    for (uint32_t i = 0; i < d.segments.size() && looked < kMost; ++i) {
      const FlowSegment& s = d.segments[i];
      if (s.length == 0 || s.has(kRst) || s.first_byte() < e.d0 - by || s.first_byte() >= e.d0) continue;
      ++looked;
      const ConstBytes bytes = payload_of(trace, s);
      if (holds(d_bytes, s.first_byte(), bytes) || !holds(u_bytes, s.first_byte() + by, bytes)) continue;
      DownShift shift{i, by, s.first_byte() + by, {}};
      for (uint32_t k = 0; k < u.segments.size() && !shift.first; ++k)
        if (u.segments[k].length > 0 && u.segments[k].first_byte() == shift.at) shift.first = k;
      return shift;
    }
  }
  return std::nullopt;
}

Half raised(Half d, const DownShift& shift) {
  for (size_t i = shift.segment; i < d.segments.size(); ++i) d.segments[i].start += shift.by;
  return d;
}

}  // namespace gauntlet
