#include "judge/in_window.hh"

#include <algorithm>
#include <optional>

#include "wire/checksum.hh"
#include "wire/options.hh"

namespace gauntlet {
namespace {

// The shift that counts for this half's windows: both SYNs must carry the option (RFC 7323 2.2); 14 at most (2.3).
unsigned shift_of(const Trace& trace, const Flow& f, Way way) {
  std::optional<unsigned> found[2];
  for (const Way w : kWays) {
    for (const FlowSegment& s : f.half(w).segments) {
      if (!s.has(kSyn)) continue;
      const ConstBytes options = tcp_of(trace, s).options();
      const Option o = find_option(options, kOptWscale);
      if (o.size == 3) found[index_of(w)] = std::min<unsigned>(options[o.offset + 2u], 14);
    }
  }
  return found[0] && found[1] ? *found[index_of(way)] : 0;
}

// Checksum offload leaves the sum of the pseudo-header in the field: all that TCP covers, the field included, then sums
// up to what a right checksum is the complement of.
bool left_to_the_card(const TracedFrame& f) {
  const uint16_t sum = sum16(f.ip.subspan(f.layout.l4, f.layout.ip_total - f.layout.l4)),
                 partial = static_cast<uint16_t>(~l4_checksum(f.ip, f.layout));
  return sum % 0xffff == partial % 0xffff;
}

bool damaged(const TracedFrame& f) {
  if (f.layout.version == 4 && load16(f.ip.data() + 10) != ipv4_checksum(f.ip, f.layout)) return true;
  return !l4_checksum_ok(f.ip, f.layout) && !left_to_the_card(f);
}

}  // namespace

std::vector<bool> outside_window(const Trace& trace, const Flow& f, Way way) {
  constexpr int64_t kDoubt = 64 << 10;
  const std::vector<FlowSegment>&mine = f.half(reverse(way)).segments, &theirs = f.half(way).segments;
  const unsigned shift = shift_of(trace, f, reverse(way));
  std::vector<bool> outside(theirs.size(), false);
  bool offered = false;
  int64_t left = 0, right = 0;  // what the receiver takes
  size_t next = 0;
  for (size_t i = 0; i < theirs.size(); ++i) {
    for (; next < mine.size() && mine[next].frame < theirs[i].frame; ++next) {
      const FlowSegment& s = mine[next];
      if (s.ack == FlowSegment::kNone || s.has(kRst)) continue;
      const int64_t window = int64_t{tcp_of(trace, s).window()} << (s.has(kSyn) ? 0 : shift);
      left = offered ? std::max(left, s.ack) : s.ack;
      right = offered ? std::max(right, s.ack + window) : s.ack + window;
      offered = true;
    }
    outside[i] = offered && (theirs[i].end() < left - kDoubt || theirs[i].start > right + kDoubt);
  }
  return outside;
}

std::vector<bool> refused_by_tcp(const Trace& trace, const Flow& f, Way way) {
  std::vector<bool> refused = outside_window(trace, f, way);
  const std::vector<FlowSegment>& segments = f.half(way).segments;
  for (size_t i = 0; i < segments.size(); ++i)
    if (damaged(trace.frames()[segments[i].frame])) refused[i] = true;
  return refused;
}

}  // namespace gauntlet
