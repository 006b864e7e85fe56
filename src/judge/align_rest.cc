#include <algorithm>
#include <map>
#include <optional>

#include "judge/align_work.hh"

namespace gauntlet {
namespace {

using ByStart = std::multimap<int64_t, uint32_t>;  // position -> unit, those not taken yet, in order of their index

std::optional<uint32_t> pick(const ByStart& units, int64_t start, auto fits) {
  const auto [first, last] = units.equal_range(start);
  for (auto it = first; it != last; ++it)
    if (fits(it->second)) return it->second;
  return std::nullopt;
}

void forget(ByStart& units, int64_t start, uint32_t index) {
  const auto [first, last] = units.equal_range(start);
  for (auto it = first; it != last; ++it)
    if (it->second == index) {
      units.erase(it);
      return;
    }
}

// Starting from one segment on each side with the same start, the shorter chain takes the next segment until both end
// alike. Each piece must be `its`: of (one of these sent, the piece).
std::optional<Group> chain(const AlignWork& w, uint32_t i, uint32_t j, const ByStart& us, const ByStart& ds, auto its) {
  constexpr size_t kLongest = 256;
  Group g{{i}, {j}};
  const auto unused = [](const std::vector<uint32_t>& list, uint32_t x) {
    return std::find(list.begin(), list.end(), x) == list.end();
  };
  while (w.u[g.u.back()].end != w.d[g.d.back()].end) {
    const int64_t end_u = w.u[g.u.back()].end, end_d = w.d[g.d.back()].end;
    if (g.u.size() + g.d.size() > kLongest) return std::nullopt;
    std::optional<uint32_t> next;
    if (end_u < end_d) {
      next = pick(us, end_u, [&](uint32_t x) { return unused(g.u, x) && w.possible(x, g.d.back()); });
      if (next) g.u.push_back(*next);
    } else {
      const auto follows = [&](uint32_t x) { return unused(g.d, x) && w.possible(g.u.front(), x); };
      next = pick(ds, end_d, [&](uint32_t x) { return follows(x) && its(g.u, x); });
      if (!next) next = pick(ds, end_d, follows);  // it may be of one that comes yet
      if (next) g.d.push_back(*next);
    }
    if (!next) return std::nullopt;
  }
  if (!std::all_of(g.d.begin(), g.d.end(), [&](uint32_t x) { return its(g.u, x); })) return std::nullopt;
  return g;
}

// 0: the same but for what boxes rewrite; above kTooFar: not the same segment.
constexpr int kTooFar = 45;
int unlikeness(const Unit& a, const Unit& b) {
  if (a.occupies != b.occupies && a.payload != b.payload) return 2 * kTooFar;
  int far = (a.start != b.start ? 30 : 0) + (a.ack != b.ack ? 20 : 0) + ((a.flags ^ b.flags) & ~kPsh ? 25 : 0) +
            (a.options != b.options ? 5 : 0) + (a.window != b.window ? 2 : 0) + (a.payload != b.payload ? 20 : 0);
  if (a.has(kRst) != b.has(kRst)) far += 14;  // more often another segment, in place of a dropped one, than an edit
  if (a.ip_id != 0 && a.ip_id == b.ip_id) far -= 20;
  return far;
}

bool overlap(const Unit& a, const Unit& b) { return a.start < b.end && b.start < a.end; }

// Bytes of this arrival were sent again between, by what is left.
bool of_a_later_one(const AlignWork& w, uint32_t i, uint32_t j) {
  constexpr size_t kMost = 512;  // that follow: a storm is not looked through
  const size_t end = std::min<size_t>(w.u.size(), i + kMost);
  for (size_t k = i + 1; k < end && w.u[k].time <= w.d[j].time; ++k)
    if (!w.taken_u[k] && w.u[k].time > w.u[i].time && overlap(w.u[k], w.d[j])) return true;
  return false;
}

// What is left and overlaps is the same bytes cut in a way no chain explains (trimmed, a hole filled). With one clock,
// what arrived before its bytes were sent again is of the first sending, if anything did.
void overlapping(AlignWork& w) {
  for (uint32_t i = 0; i < w.u.size(); ++i) {
    if (w.taken_u[i] || w.u[i].end == w.u[i].start) continue;
    Group g{{i}, {}};
    int64_t end = w.u[i].end;
    for (uint32_t j = 0; j < w.d.size() && g.d.size() < 256; ++j) {
      if (!w.taken_d[j] && overlap(w.u[i], w.d[j]) && w.possible(i, j)) g.d.push_back(j);
    }
    if (g.d.empty()) continue;
    const auto later = w.clock.shared ? std::stable_partition(g.d.begin(), g.d.end(),
                                                              [&](uint32_t j) { return !of_a_later_one(w, i, j); })
                                      : g.d.end();
    const bool before = later != g.d.begin() && later != g.d.end();
    if (before) g.d.erase(later, g.d.end());
    for (const uint32_t j : g.d) end = std::max(end, w.d[j].end);
    for (uint32_t k = i + 1; !before && k < w.u.size() && g.u.size() < 256; ++k)
      if (!w.taken_u[k] && w.u[k].start < end && w.u[k].end > w.u[i].start && w.possible(k, g.d.back()))
        g.u.push_back(k);
    w.take(std::move(g));
  }
}

}  // namespace

void align_chains(AlignWork& w) {
  ByStart us, ds;
  for (uint32_t i = 0; i < w.u.size(); ++i)
    if (!w.taken_u[i] && w.u[i].end > w.u[i].start) us.emplace(w.u[i].start, i);
  for (uint32_t j = 0; j < w.d.size(); ++j)
    if (!w.taken_d[j] && w.d[j].end > w.d[j].start) ds.emplace(w.d[j].start, j);
  const auto pass = [&](auto its) {
    for (uint32_t i = 0; i < w.u.size() && !ds.empty(); ++i) {
      if (w.taken_u[i] || w.u[i].end <= w.u[i].start) continue;
      const auto [first, last] = ds.equal_range(w.u[i].start);
      std::optional<Group> found;
      for (auto it = first; it != last && !found; ++it)
        if (w.possible(i, it->second)) found = chain(w, i, it->second, us, ds, its);
      if (!found) continue;
      for (const uint32_t x : found->u) forget(us, w.u[x].start, x);
      for (const uint32_t x : found->d) forget(ds, w.d[x].start, x);
      std::sort(found->u.begin(), found->u.end());
      std::sort(found->d.begin(), found->d.end());
      w.take(std::move(*found));
    }
  };
  using Sent = std::vector<uint32_t>;
  pass([&](const Sent& sent, uint32_t j) {
    return std::any_of(sent.begin(), sent.end(), [&](uint32_t i) { return w.u[i].sounds_like(w.d[j]); });
  });
  // Then those that sound otherwise now, as long as no other one asked for them.
  const std::vector<uint32_t> asked = askers(w);
  pass([&](const Sent& sent, uint32_t j) {
    return asked[j] == UINT32_MAX || std::find(sent.begin(), sent.end(), asked[j]) != sent.end();
  });
}

void align_likeness(AlignWork& w) {
  constexpr size_t kWindow = 64;  // candidates looked at for each segment: those sent last before it arrived
  Group pair;
  std::vector<uint32_t> open;
  for (uint32_t i = 0; i < w.u.size(); ++i)
    if (!w.taken_u[i]) open.push_back(i);
  for (uint32_t j = 0; j < w.d.size(); ++j) {
    if (w.taken_d[j]) continue;
    std::optional<size_t> best;
    int least = kTooFar;
    size_t looked = 0;
    for (size_t k = 0; k < open.size() && looked < kWindow; ++k) {
      if (!w.possible(open[k], j)) continue;
      ++looked;
      const int far = unlikeness(w.u[open[k]], w.d[j]);
      if (far < least) least = far, best = k;
    }
    if (!best) continue;
    w.take({{open[*best]}, {j}});
    open.erase(open.begin() + static_cast<std::ptrdiff_t>(*best));
  }
  overlapping(w);
}

}  // namespace gauntlet
