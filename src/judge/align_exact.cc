#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>

#include "judge/align_work.hh"

namespace gauntlet {
namespace {

using Indexes = std::vector<uint32_t>;
struct Lists {
  Indexes u, d;
};
using ByPrint = std::unordered_map<uint64_t, Lists>;

// Equal segments that kept their IPv4 identification: the same packets, in whatever order they arrived. Gives back the
// others.
Lists pair_by_id(AlignWork& w, const Lists& lists) {
  std::unordered_map<uint16_t, Indexes> by_id;  // latest first
  for (size_t k = lists.u.size(); k-- > 0;)
    if (w.u[lists.u[k]].ip_id != 0) by_id[w.u[lists.u[k]].ip_id].push_back(lists.u[k]);
  Lists rest;
  for (const uint32_t j : lists.d) {
    const auto same = by_id.find(w.d[j].ip_id);
    if (same == by_id.end() || same->second.empty() || !w.possible(same->second.back(), j)) {
      rest.d.push_back(j);
      continue;
    }
    w.take({{same->second.back()}, {j}});
    same->second.pop_back();
  }
  for (const uint32_t i : lists.u)
    if (!w.taken_u[i]) rest.u.push_back(i);
  return rest;
}

// Equal segments: which of them arrived does not matter where nothing tells them apart, only that no arrival precedes
// its sending. Latest sending first, then both chosen sets are paired in order.
void pair_equal(AlignWork& w, const Lists& all) {
  Indexes used_u, used_d;
  const Lists lists = all.u.size() == 1 && all.d.size() == 1 ? all : pair_by_id(w, all);
  if (lists.u.size() == lists.d.size() && std::equal(lists.u.begin(), lists.u.end(), lists.d.begin(),
                                                     [&](uint32_t i, uint32_t j) { return w.possible(i, j); })) {
    used_u = lists.u;
    used_d = lists.d;
  } else {
    std::vector<bool> used(lists.u.size(), false);
    for (const uint32_t j : lists.d) {
      for (size_t k = lists.u.size(); k-- > 0;) {
        if (used[k] || !w.possible(lists.u[k], j)) continue;
        used[k] = true;
        used_d.push_back(j);
        break;
      }
    }
    for (size_t k = 0; k < lists.u.size(); ++k)
      if (used[k]) used_u.push_back(lists.u[k]);
  }
  for (size_t k = 0; k < used_u.size(); ++k) w.take({{used_u[k]}, {used_d[k]}});
}

// A segment cut by the box may have its first half sent again by itself, which then has the range of a piece of the
// first sending. TCP stamps what it sends again anew (RFC 7323 section 3): a piece that carries the stamp of a longer
// segment over the same bytes is a piece of that one. Without stamps time tells, if one clock does: it is a piece if of
// all that have its bytes a longer one was sent last.
class Wholes {
 public:
  explicit Wholes(const AlignWork& w) : w_(w) {
    for (uint32_t i = 0; i < w.u.size(); ++i) {
      if (w.taken_u[i] || !w.u[i].occupies) continue;
      if (w.u[i].stamp != 0)
        by_stamp_[w.u[i].stamp].push_back({w.u[i].start, w.u[i].end});
      else if (w.clock.shared)
        unstamped_.push_back(i);
    }
    for (auto& [stamp, ranges] : by_stamp_) std::sort(ranges.begin(), ranges.end());
  }
  bool claim(const Unit& piece) const {
    constexpr int kMost = 64;  // of those that begin before it: all may have one stamp
    if (piece.stamp == 0) return claim_by_time(piece, kMost);
    const auto sent = by_stamp_.find(piece.stamp);
    if (sent == by_stamp_.end()) return false;
    auto at = std::upper_bound(sent->second.begin(), sent->second.end(), Range{piece.start, INT64_MAX});
    for (int looked = 0; at != sent->second.begin() && looked < kMost; ++looked) {
      --at;
      if (at->second >= piece.end && at->second - at->first > piece.end - piece.start) return true;
    }
    return false;
  }

 private:
  using Range = std::pair<int64_t, int64_t>;
  bool claim_by_time(const Unit& piece, int most) const {
    auto at = std::upper_bound(unstamped_.begin(), unstamped_.end(), piece.time,
                               [&](Time t, uint32_t i) { return t < w_.u[i].time; });
    for (int looked = 0; at != unstamped_.begin() && looked < most; ++looked) {
      const Unit& sent = w_.u[*--at];
      if (sent.start <= piece.start && piece.end <= sent.end) return sent.end - sent.start > piece.end - piece.start;
    }
    return false;
  }
  const AlignWork& w_;
  std::unordered_map<uint64_t, std::vector<Range>> by_stamp_;
  std::vector<uint32_t> unstamped_;  // in order of sending
};

// How different two segments of one range are; small wins. A retransmission differs from the original in its options
// (timestamps, Data ACK) and its IP identification.
int distance(const Unit& a, const Unit& b) {
  return (a.payload != b.payload ? 8 : 0) + (a.options != b.options ? 4 : 0) + (a.ack != b.ack ? 4 : 0) +
         (a.flags != b.flags ? 4 : 0) + (a.window != b.window ? 1 : 0) + (a.ip_id != b.ip_id ? 2 : 0);
}

// Pairs two ordered lists at the smallest total distance, keeping order; leaving one out costs more than any
// difference. `stale` is what it costs, where one clock tells, that the next was sent before this one arrived, and that
// the window is another one: who moves numbers leaves it.
void pair_nearest(AlignWork& w, const Lists& lists, int stale = 0) {
  constexpr int kSkip = 100;
  const size_t n = lists.u.size(), m = lists.d.size();
  if (n == 1 && m == 1) {
    if (w.possible(lists.u[0], lists.d[0])) w.take({{lists.u[0]}, {lists.d[0]}});
    return;
  }
  if (n * m > 4u << 20) {  // thousands of segments of one range: an attack or a storm; in order is good enough
    for (size_t k = 0; k < std::min(n, m); ++k)
      if (w.possible(lists.u[k], lists.d[k])) w.take({{lists.u[k]}, {lists.d[k]}});
    return;
  }
  std::vector<int> cost((n + 1) * (m + 1));
  const auto at = [&](size_t i, size_t j) -> int& { return cost[i * (m + 1) + j]; };
  const auto both = [&](size_t i, size_t j) {
    if (!w.possible(lists.u[i], lists.d[j])) return 3 * kSkip;
    const bool late = w.clock.shared && i + 1 < n && w.u[lists.u[i + 1]].time < w.d[lists.d[j]].time;
    const Unit &sent = w.u[lists.u[i]], &arrived = w.d[lists.d[j]];
    return distance(sent, arrived) + (late ? stale : 0) + (sent.window != arrived.window ? stale : 0);
  };
  for (size_t i = n + 1; i-- > 0;) {
    for (size_t j = m + 1; j-- > 0;) {
      if (i == n || j == m)
        at(i, j) = kSkip * static_cast<int>((n - i) + (m - j));
      else
        at(i, j) = std::min({at(i + 1, j) + kSkip, at(i, j + 1) + kSkip, at(i + 1, j + 1) + both(i, j)});
    }
  }
  for (size_t i = 0, j = 0; i < n && j < m;) {
    if (at(i, j) == at(i + 1, j + 1) + both(i, j) && both(i, j) < 2 * kSkip)
      w.take({{lists.u[i++]}, {lists.d[j++]}});
    else if (at(i, j) == at(i + 1, j) + kSkip)
      ++i;
    else
      ++j;
  }
}

// Pairs two ordered lists of any length: in stretches of both sides that begin together, each at the smallest total
// distance.
void pair_in_stretches(AlignWork& w, const Lists& all) {
  constexpr size_t kMost = 64;
  constexpr int kStale = 8;  // more than another acknowledgement
  for (size_t i = 0, j = 0; i < all.u.size() && j < all.d.size();) {
    Lists some;
    some.u.assign(all.u.begin() + static_cast<std::ptrdiff_t>(i),
                  all.u.begin() + static_cast<std::ptrdiff_t>(std::min(all.u.size(), i + kMost)));
    some.d.assign(all.d.begin() + static_cast<std::ptrdiff_t>(j),
                  all.d.begin() + static_cast<std::ptrdiff_t>(std::min(all.d.size(), j + kMost)));
    pair_nearest(w, some, kStale);
    // What stands behind the last that found its like begins the next stretch; all of it where none did.
    const auto behind = [](const Indexes& list, const std::vector<bool>& taken) {
      size_t n = list.size();
      while (n > 0 && !taken[list[n - 1]]) --n;
      return n > 0 ? n : list.size();
    };
    i += behind(some.u, w.taken_u);
    j += behind(some.d, w.taken_d);
  }
}

// Acknowledgements without data that a box gave other numbers: they carry the options (time stamps, Data ACK) of the
// segment they were, while the number may by now be that of another one. Told by their options, and by order where
// those are equal too.
void pair_marked(AlignWork& w, const ByPrint& before) {
  const auto mark = [](const Unit& x) { return x.options ^ static_cast<uint64_t>(x.start) << 8 ^ x.flags; };
  std::unordered_map<uint64_t, Lists> changed;
  for (const Unit& x : w.d)
    if (!x.occupies && !before.contains(x.print)) changed.try_emplace(mark(x));
  if (changed.empty()) return;
  const auto gather = [&](const std::vector<Unit>& units, Indexes Lists::*side) {
    for (uint32_t k = 0; k < units.size(); ++k) {
      if (units[k].occupies) continue;
      const auto it = changed.find(mark(units[k]));
      if (it != changed.end()) (it->second.*side).push_back(k);
    }
  };
  gather(w.u, &Lists::u);
  gather(w.d, &Lists::d);
  for (uint32_t j = 0; j < w.d.size(); ++j) {  // in order of arrival
    const auto it = w.d[j].occupies ? changed.end() : changed.find(mark(w.d[j]));
    if (it == changed.end() || it->second.d.front() != j) continue;
    pair_in_stretches(w, it->second);
  }
}

// By how much segments that have one like on the other side arrived before they were sent: two captures of one machine
// tell their order better than `slack` allows for, and so which of two alike segments it was. A few may be just such
// two, and are left out.
Duration measured_slack(const AlignWork& w, const ByPrint& by_print) {
  // Pairs to measure by; one in so many is left out, and one of three. What little measure allows too little for is
  // looked at again with the full slack.
  constexpr size_t kLeast = 2, kFew = 16;
  std::vector<Duration> early;
  for (const auto& [print, lists] : by_print)
    if (lists.u.size() == 1 && lists.d.size() == 1 && w.possible(lists.u[0], lists.d[0]))
      early.push_back(w.u[lists.u[0]].time - w.d[lists.d[0]].time);
  if (early.size() < kLeast) return w.clock.slack;
  const size_t out = early.size() == kLeast ? 0 : std::max<size_t>(1, early.size() / kFew);
  const auto worst = early.end() - 1 - static_cast<std::ptrdiff_t>(out);
  std::nth_element(early.begin(), worst, early.end());
  return std::max(*worst, Duration(0));
}

}  // namespace

void align_equal(AlignWork& w) {
  ByPrint by_print;
  for (uint32_t i = 0; i < w.u.size(); ++i) by_print[w.u[i].print].u.push_back(i);
  pair_marked(w, by_print);
  for (uint32_t j = 0; j < w.d.size(); ++j) {
    const auto it = by_print.find(w.d[j].print);
    if (it != by_print.end() && !w.taken_d[j]) it->second.d.push_back(j);
  }
  w.clock.slack = measured_slack(w, by_print);
  for (uint32_t i = 0; i < w.u.size(); ++i) {  // in order of sending, whatever the hash table's order
    Lists& lists = by_print[w.u[i].print];
    if (lists.u.front() != i || lists.d.empty()) continue;
    std::erase_if(lists.u, [&](uint32_t x) { return w.taken_u[x]; });
    pair_equal(w, lists);
    lists.d.clear();
    lists.u.assign(1, i);  // done with
  }
}

void align_ranges(AlignWork& w) {
  using Key = std::tuple<bool, int64_t, int64_t, bool>;  // takes space; start; end or acknowledgement; RST
  const auto key = [](const Unit& x) { return Key{x.occupies, x.start, x.occupies ? x.end : x.ack, x.has(kRst)}; };
  std::map<Key, Lists> by_range;
  for (uint32_t i = 0; i < w.u.size(); ++i)
    if (!w.taken_u[i]) by_range[key(w.u[i])].u.push_back(i);
  const Wholes wholes(w);
  for (uint32_t j = 0; j < w.d.size(); ++j)
    if (!w.taken_d[j] && !(w.d[j].occupies && wholes.claim(w.d[j]))) by_range[key(w.d[j])].d.push_back(j);
  for (const auto& [range, lists] : by_range)
    if (!lists.u.empty() && !lists.d.empty()) pair_nearest(w, lists);
}

}  // namespace gauntlet
