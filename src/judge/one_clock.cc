#include "judge/one_clock.hh"

#include <algorithm>

#include "judge/align.hh"

namespace gauntlet {
namespace {

struct Crossing {
  Time sent, arrived;
};

// What of one way surely crossed: the first byte of its stream, or, where a side has none, the SYN. Bytes nobody
// has before they are sent. A SYN/ACK a box may send in the server's name before the server does, but not with the
// server's number: one with another number is no witness.
std::optional<Crossing> crossing(const Trace& tu, const Half& u, const Trace& td, const Half& d) {
  const auto first_byte = [](const Half& h) {
    return std::find_if(h.segments.begin(), h.segments.end(),
                        [](const FlowSegment& s) { return s.length > 0 && s.first_byte() == 1; });
  };
  const auto time = [](const Trace& t, const FlowSegment& s) { return t.frames()[s.frame].time; };
  const auto x = first_byte(u), y = first_byte(d);
  if (x != u.segments.end() && y != d.segments.end()) {
    const ConstBytes a = payload_of(tu, *x), b = payload_of(td, *y);
    if (!a.empty() && !b.empty() && a[0] == b[0]) return Crossing{time(tu, *x), time(td, *y)};
  }
  if (u.segments.empty() || d.segments.empty()) return {};
  const FlowSegment &s = u.segments[0], &t = d.segments[0];
  if (!s.has(kSyn) || !t.has(kSyn) || s.has(kAck) != t.has(kAck) || (s.has(kAck) && u.isn != d.isn)) return {};
  return Crossing{time(tu, s), time(td, t)};
}

}  // namespace

bool one_clock(const Trace& client, const FlowSet& a, const Trace& server, const FlowSet& b,
               const std::vector<FlowPair>& pairs) {
  for (const FlowPair& p : pairs) {
    if (!p.a || !p.b) continue;
    for (const Way way : kWays) {
      const Half &x = a.flows[*p.a].half(way), &y = b.flows[*p.b].half(way);
      const auto c = way == Way::c2s ? crossing(client, x, server, y) : crossing(server, y, client, x);
      if (c && !Clock{}.possible(c->sent, c->arrived)) return false;
    }
  }
  return true;
}

}  // namespace gauntlet
