#include "judge/late.hh"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

namespace gauntlet {
namespace {

std::string milliseconds(Duration d) { return fmt::format("{:.1f} ms", static_cast<double>(d.count()) / 1e6); }

}  // namespace

void LateTally::report(Differences& out) const {
  std::map<Where, std::vector<const Seen*>> all;
  for (const BySteps* some : {&late_, &open_}) {
    for (const auto& [where, by_step] : *some) {
      const Duration least = least_.at({std::get<0>(where), std::get<1>(where)});
      for (const auto& [step, seen] : by_step)
        if (seen.took >= least + longer_) all[where].push_back(&seen);
    }
  }
  for (const auto& [where, late] : all) {
    const auto begins = [](const Seen* s) { return s->example.client.front().number; };
    const Seen* first = *std::min_element(late.begin(), late.end(),
                                          [&](const Seen* x, const Seen* y) { return begins(x) < begins(y); });
    Difference d = first->example;
    d.count = 0;
    for (const Seen* s : late) d.count += s->count;
    d.before = milliseconds(least_.at({std::get<0>(where), std::get<1>(where)}));
    d.after = milliseconds(first->took);
    out.add(std::move(d));
  }
}

}  // namespace gauntlet
