#include "judge/align.hh"

#include <algorithm>
#include <unordered_map>

#include "judge/align_work.hh"

namespace gauntlet {
namespace {

// Groups outside a longest run of groups that kept their order: the fewest that must have been overtaken.
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

}  // namespace

Alignment align(const std::vector<Unit>& u, const std::vector<Unit>& d, const Clock& clock) {
  AlignWork work(u, d, clock);
  align_equal(work);
  align_ranges(work);
  align_chains(work);
  align_likeness(work);

  Alignment result;
  result.groups = std::move(work.groups);
  std::sort(result.groups.begin(), result.groups.end(),
            [](const Group& x, const Group& y) { return x.d.front() < y.d.front(); });
  result.reordered = out_of_order(result.groups);
  for (uint32_t i = 0; i < u.size(); ++i)
    if (!work.taken_u[i]) result.only_u.push_back(i);
  std::unordered_map<uint64_t, uint32_t> arrived;
  for (uint32_t j = 0; j < d.size(); ++j)
    if (work.taken_d[j]) arrived.emplace(d[j].print, j);
  for (uint32_t j = 0; j < d.size(); ++j)
    if (!work.taken_d[j]) (arrived.contains(d[j].print) ? result.duplicated : result.only_d).push_back(j);
  return result;
}

}  // namespace gauntlet
