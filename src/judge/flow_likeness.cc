#include "judge/flow_likeness.hh"

#include <algorithm>
#include <string_view>

#include "wire/options.hh"

namespace gauntlet {
namespace {

template <typename T>
int alike(const std::optional<T>& x, const std::optional<T>& y, int points) {
  return !x || !y ? 0 : *x == *y ? points : -1;
}

}  // namespace

Likeness likeness_of(const Trace& t, const Flow& f) {
  Likeness l;
  for (const Way way : kWays) {
    const Half& half = f.half(way);
    if (half.isn_known) l.isn[index_of(way)] = half.isn;
    for (const FlowSegment& s : half.segments) {
      if (s.has(kSyn) && !s.has(kAck) && !l.timestamp) {
        const ConstBytes options = tcp_of(t, s).options();
        const Option o = find_option(options, kOptTimestamp);
        if (o.size == 10) l.timestamp = load32(options.data() + o.offset + 2);
      }
      if (s.length > 0 && s.first_byte() == 1 && !l.opening[index_of(way)]) {
        const ConstBytes p = payload_of(t, s);
        const size_t n =
            std::min<size_t>(s.length, 64);  // pieces of a split differ in length, rarely in their first bytes
        if (p.size() < n) continue;          // not captured
        l.opening[index_of(way)] = hash64(std::string_view(reinterpret_cast<const char*>(p.data()), n));
      }
    }
  }
  return l;
}

int score(const Likeness& x, const Likeness& y, const Flow& a, const Flow& b) {
  int s = alike(x.timestamp, y.timestamp, 6) + alike(x.isn[0], y.isn[0], 5) + alike(x.isn[1], y.isn[1], 5) +
          alike(x.opening[0], y.opening[0], 2) + alike(x.opening[1], y.opening[1], 2);
  if (a.server == b.server) s += 1;  // hints, no more
  if (a.client == b.client) s += 1;
  return s;
}

Values traits_of(const Likeness& l, const Flow& f) {
  Values v;
  if (l.timestamp) v.push_back(value_of("time stamp", *l.timestamp));
  for (const Way way : kWays) {
    const size_t w = index_of(way);
    if (l.isn[w]) v.push_back(value_of(name_of(way), *l.isn[w]));
    if (l.opening[w]) v.push_back(value_of(way == Way::c2s ? "opening c2s" : "opening s2c", *l.opening[w]));
  }
  v.push_back(value_of("client", f.client));
  v.push_back(value_of("server", f.server));
  return v;
}

}  // namespace gauntlet
