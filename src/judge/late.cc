#include "judge/late.hh"

#include <fmt/core.h>

namespace gauntlet {
namespace {

std::string milliseconds(Duration d) { return fmt::format("{:.1f} ms", static_cast<double>(d.count()) / 1e6); }

}  // namespace

void LateTally::report(Differences& out) const {
  for (const auto& [where, by_step] : late_) {
    const Duration least = least_.at({std::get<0>(where), std::get<1>(where)});
    const Seen* first = nullptr;
    uint64_t count = 0;
    for (const auto& [step, seen] : by_step) {
      if (seen.took < least + longer_) continue;  // the quickest came later than this one
      count += seen.count;
      if (!first || seen.example.client.front().number < first->example.client.front().number) first = &seen;
    }
    if (!first) continue;
    Difference d = first->example;
    d.count = count;
    d.before = milliseconds(least);
    d.after = milliseconds(first->took);
    out.add(std::move(d));
  }
}

}  // namespace gauntlet
