#include "judge/ttl.hh"

#include <fmt/core.h>

#include <optional>

namespace gauntlet {

void TtlTally::report(Differences& out) const {
  for (const auto& [where, by_delta] : deltas_) {
    std::optional<int> routed;  // a gain is never routing
    uint64_t most = 0;
    for (const auto& [delta, seen] : by_delta)
      if (delta <= 0 && seen.count > most) routed = delta, most = seen.count;
    for (const auto& [delta, seen] : by_delta) {
      if (routed && delta == *routed) continue;
      Difference d = seen.example;
      d.count = seen.count;
      d.field = "ttl";
      d.before = routed ? fmt::format("{:+} expected", *routed) : "no gain expected";
      d.after = fmt::format("{:+}", delta);
      out.add(std::move(d));
    }
  }
}

}  // namespace gauntlet
