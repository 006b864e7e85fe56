#include <algorithm>

#include "judge/align_work.hh"

namespace gauntlet {
namespace {

constexpr uint32_t kNobody = UINT32_MAX;
constexpr size_t kMost = 512;  // that are looked at for one segment: a storm is not looked through

bool overlap(const Unit& a, const Unit& b) { return a.start < b.end && b.start < a.end; }

std::vector<uint32_t> open_places(const std::vector<Unit>& units, const std::vector<bool>& taken) {
  std::vector<uint32_t> open;
  for (uint32_t i = 0; i < units.size(); ++i)
    if (!taken[i] && units[i].end > units[i].start) open.push_back(i);
  return open;
}

}  // namespace

void give_back_pieces(AlignWork& w) {
  if (!w.clock.shared) return;
  const std::vector<uint32_t> open = open_places(w.u, w.taken_u);
  if (open.empty()) return;
  std::erase_if(w.groups, [&](const Group& g) {
    const uint32_t i = g.u.front(), j = g.d.front();
    const Unit &sent = w.u[i], &arrived = w.d[j];
    if (!sent.occupies || (sent.ip_id != 0 && sent.ip_id == arrived.ip_id)) return false;
    size_t looked = 0;
    for (auto at = std::upper_bound(open.begin(), open.end(), i); at != open.end() && looked < kMost; ++at, ++looked) {
      const Unit& later = w.u[*at];
      if (later.time > arrived.time) break;
      if (later.stamp != arrived.stamp || later.start > sent.start || later.end < sent.end) continue;
      if (later.end - later.start == sent.end - sent.start) continue;
      w.taken_u[i] = w.taken_d[j] = false;
      return true;
    }
    return false;
  });
}

std::vector<uint32_t> askers(const AlignWork& w) {
  std::vector<uint32_t> asked(w.d.size(), kNobody);
  const std::vector<uint32_t> open = open_places(w.u, w.taken_u);
  if (!w.clock.shared || open.empty()) return asked;
  for (const uint32_t j : open_places(w.d, w.taken_d)) {
    auto at = std::partition_point(open.begin(), open.end(),
                                   [&](uint32_t i) { return w.u[i].time <= w.d[j].time + w.clock.slack; });
    for (size_t looked = 0; at != open.begin() && looked < kMost; ++looked) {
      const uint32_t i = *--at;
      if (!overlap(w.u[i], w.d[j]) || !w.u[i].sounds_like(w.d[j]) || !w.possible(i, j)) continue;
      asked[j] = i;
      break;
    }
  }
  return asked;
}

void align_copies(AlignWork& w) {
  const std::vector<uint32_t> asked = askers(w);
  std::vector<Group> found;
  std::vector<size_t> of(w.u.size(), SIZE_MAX);  // in `found`
  for (uint32_t j = 0; j < w.d.size(); ++j) {
    const uint32_t i = asked[j];
    if (i == kNobody) continue;
    if (of[i] == SIZE_MAX) {
      of[i] = found.size();
      found.push_back({{i}, {}});
    }
    found[of[i]].d.push_back(j);
  }
  // Several may have become one: then what they share is not of one alone.
  std::vector<bool> shared(found.size(), false);
  const std::vector<uint32_t> arrived = open_places(w.d, w.taken_d);
  for (const uint32_t i : open_places(w.u, w.taken_u)) {
    if (of[i] != SIZE_MAX) continue;
    auto at = std::partition_point(arrived.begin(), arrived.end(),
                                   [&](uint32_t j) { return !w.possible(i, j) && w.d[j].time < w.u[i].time; });
    for (size_t looked = 0; at != arrived.end() && looked < kMost; ++at, ++looked)
      if (asked[*at] != kNobody && overlap(w.u[i], w.d[*at])) shared[of[asked[*at]]] = true;
  }
  for (size_t k = 0; k < found.size(); ++k)
    if (!shared[k]) w.take(std::move(found[k]));
}

}  // namespace gauntlet
