#include <algorithm>

#include "judge/flow_likeness.hh"

namespace gauntlet {
namespace {

std::vector<LikePair> taken(const std::vector<LikePair>& best_first, size_t flows_a, size_t flows_b) {
  std::vector<bool> used_a(flows_a, false), used_b(flows_b, false);
  std::vector<LikePair> pairs;
  for (const LikePair& c : best_first) {
    if (used_a[c.i] || used_b[c.j]) continue;
    used_a[c.i] = used_b[c.j] = true;
    pairs.push_back(c);
  }
  return pairs;
}

}  // namespace

// Where the clocks differ nothing begins near anything, and order is all there is.
std::vector<LikePair> likeliest(std::vector<LikePair> candidates, const std::vector<Flow>& a,
                                const std::vector<Flow>& b) {
  constexpr Duration kNear = std::chrono::seconds(2);
  const auto apart = [&](const LikePair& c) {
    const Duration d = a[c.i].first - b[c.j].first;
    return d < Duration(0) ? -d : d;
  };
  const std::vector<LikePair> in_order = taken(candidates, a.size(), b.size());
  std::vector<LikePair> near = candidates;
  std::erase_if(near, [&](const LikePair& c) { return apart(c) > kNear; });
  std::stable_sort(near.begin(), near.end(), [&](const LikePair& x, const LikePair& y) {
    return x.score != y.score ? x.score > y.score : apart(x) < apart(y);
  });
  std::vector<bool> has_a(a.size(), false), has_b(b.size(), false);
  for (const LikePair& c : taken(near, a.size(), b.size())) has_a[c.i] = has_b[c.j] = true;
  std::erase_if(candidates, [&](const LikePair& c) { return !has_a[c.i] || !has_b[c.j]; });
  std::vector<LikePair> of_those = taken(candidates, a.size(), b.size());
  return of_those.size() < in_order.size() ? in_order : of_those;
}

}  // namespace gauntlet
