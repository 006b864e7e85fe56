#include "judge/in_window.hh"

#include <algorithm>
#include <optional>

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

}  // namespace gauntlet
