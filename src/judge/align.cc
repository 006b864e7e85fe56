#include "judge/align.hh"

#include <algorithm>

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

std::vector<Group> align(const std::vector<Unit>& u, const std::vector<Unit>& d, const Clock& clock) {
  AlignWork work(u, d, clock);
  align_equal(work);
  align_ranges(work);
  align_chains(work);
  align_likeness(work);
  std::sort(work.groups.begin(), work.groups.end(),
            [](const Group& x, const Group& y) { return x.d.front() < y.d.front(); });
  return std::move(work.groups);
}

}  // namespace gauntlet
