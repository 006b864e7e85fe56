#include "judge/align.hh"

#include <algorithm>
#include <unordered_map>

#include "judge/align_work.hh"

namespace gauntlet {

std::vector<uint32_t> out_of_order(const std::vector<Group>& groups) {
  std::vector<uint32_t> tails,
      before(groups.size(), UINT32_MAX);  // patience sorting over the first segment before the box
  for (uint32_t i = 0; i < groups.size(); ++i) {
    const auto at = std::lower_bound(tails.begin(), tails.end(), groups[i].u.front(),
                                     [&](uint32_t t, uint32_t x) { return groups[t].u.front() < x; });
    if (at != tails.begin()) before[i] = *std::prev(at);
    if (at == tails.end())
      tails.push_back(i);
    else
      *at = i;
  }
  std::vector<bool> kept(groups.size(), false);
  for (uint32_t i = tails.empty() ? UINT32_MAX : tails.back(); i != UINT32_MAX; i = before[i]) kept[i] = true;
  std::vector<uint32_t> result;
  for (uint32_t i = 0; i < groups.size(); ++i)
    if (!kept[i]) result.push_back(i);
  return result;
}

// A longest run in order, as in `out_of_order`, but each pair of equal segments may choose among its own and those
// alike that went nowhere. Descending within one group, so that no run uses a group twice.
void keep_order(AlignWork& w) {
  constexpr size_t kMost = 16;  // more copies than that are a storm, of which any order is as likely
  if (out_of_order(w.groups).empty()) return;
  std::unordered_map<uint64_t, std::vector<uint32_t>> free;  // print -> segments before the box that went nowhere
  for (uint32_t i = 0; i < w.u.size(); ++i)
    if (!w.taken_u[i]) free[w.u[i].print].push_back(i);
  if (free.empty()) return;
  struct Choice {
    uint32_t group, u, before;  // before: the choice it follows, or UINT32_MAX
  };
  std::vector<Choice> choices;
  std::vector<uint32_t> tails;  // the choice with the lowest segment that ends a run of each length
  std::vector<uint32_t> may;
  for (uint32_t k = 0; k < w.groups.size(); ++k) {
    const Group& g = w.groups[k];
    may.assign(1, g.u.front());
    const uint64_t print = w.u[g.u.front()].print;
    const auto alike = free.find(print);
    if (g.u.size() + g.d.size() == 2 && print == w.d[g.d[0]].print && alike != free.end() &&
        alike->second.size() <= kMost)
      for (const uint32_t i : alike->second)
        if (w.possible(i, g.d[0])) may.push_back(i);
    std::sort(may.rbegin(), may.rend());
    for (const uint32_t i : may) {
      const auto at = std::lower_bound(tails.begin(), tails.end(), i,
                                       [&](uint32_t choice, uint32_t u) { return choices[choice].u < u; });
      choices.push_back({k, i, at == tails.begin() ? UINT32_MAX : *std::prev(at)});
      const auto last = static_cast<uint32_t>(choices.size() - 1);
      if (at == tails.end())
        tails.push_back(last);
      else
        *at = last;
    }
  }
  for (uint32_t c = tails.empty() ? UINT32_MAX : tails.back(); c != UINT32_MAX; c = choices[c].before) {
    Group& g = w.groups[choices[c].group];
    if (g.u.size() == 1) g.u[0] = choices[c].u;  // nobody else may take it: it was free, or this one's own
  }
}

std::vector<Group> align(const std::vector<Unit>& u, const std::vector<Unit>& d, const Clock& clock) {
  AlignWork work(u, d, clock);
  align_equal(work);
  give_back_pieces(work);
  align_ranges(work);
  align_chains(work);
  work.clock.slack = clock.slack;  // what is left may have been stamped worse than what was measured
  align_ranges(work);
  align_chains(work);
  align_copies(work);
  align_likeness(work);
  std::sort(work.groups.begin(), work.groups.end(),
            [](const Group& x, const Group& y) { return x.d.front() < y.d.front(); });
  keep_order(work);
  return std::move(work.groups);
}

}  // namespace gauntlet
