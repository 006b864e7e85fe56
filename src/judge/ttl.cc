#include "judge/ttl.hh"

#include <fmt/core.h>

#include <algorithm>

namespace gauntlet {

std::optional<int> TtlTally::routed(const Route& route, const Deltas& deltas) const {
  const auto [from, to, way] = route;
  const auto back = deltas_.find({to, from, reverse(way)});
  std::optional<int> best;
  std::tuple<int, bool, uint64_t> most{};
  for (const auto& [delta, seen] : deltas) {
    if (delta > 0) continue;  // a gain is never routing
    int kinds = 0;
    for (size_t k = 0; k < seen.by_kind.size(); ++k)
      kinds += seen.by_kind[k] > 0 && std::all_of(deltas.begin(), deltas.end(), [&](const auto& other) {
                 return other.second.by_kind[k] <= seen.by_kind[k];
               });
    const std::tuple score{kinds, back != deltas_.end() && back->second.contains(delta), seen.count};
    if (!best || score > most) best = delta, most = score;
  }
  return best;
}

void TtlTally::report(Differences& out) const {
  for (const auto& [where, by_delta] : deltas_) {
    const std::optional<int> expected = routed(where, by_delta);
    for (const auto& [delta, seen] : by_delta) {
      if (expected && delta == *expected) continue;
      Difference d = seen.example;
      d.count = seen.count;
      d.field = "ttl";
      d.before = expected ? fmt::format("{:+} expected", *expected) : "no gain expected";
      d.after = fmt::format("{:+}", delta);
      out.add(std::move(d));
    }
  }
}

}  // namespace gauntlet
