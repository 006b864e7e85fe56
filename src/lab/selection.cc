#include "lab/selection.hh"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "util/error.hh"
#include "util/rng.hh"

namespace gauntlet {
namespace {

bool wanted(const Cell& cell, const Selection& s) {
  const auto matching = [&](const std::string& pattern) { return matches(cell, pattern); };
  if (!s.filter.empty() && !matching(s.filter)) return false;
  if (s.patterns.empty()) return !s.filter.empty() || matching("core");
  // Every pattern is parsed, so that a malformed one is found whatever the others say.
  return std::count_if(s.patterns.begin(), s.patterns.end(), matching) > 0;
}

}  // namespace

std::string SelectedCell::name() const { return round == 1 ? cell.id : fmt::format("{}~{}", cell.id, round); }

std::vector<SelectedCell> select(const std::vector<Scenario>& scenarios, const Selection& s) {
  std::vector<Cell> chosen;
  for (Cell& cell : catalogue(scenarios, s.seed))
    if (wanted(cell, s) && hash64(cell.id) % s.shards == s.shard - 1) chosen.push_back(std::move(cell));
  std::vector<SelectedCell> out;
  for (unsigned round = 1; round <= s.repeat; ++round)
    for (const Cell& cell : chosen) out.push_back({cell, round});
  if (s.shuffle) {
    Rng rng = Rng(s.seed).fork("order");
    for (size_t i = out.size(); i > 1; --i) std::swap(out[i - 1], out[rng.below(i)]);  // Fisher-Yates
  }
  return out;
}

std::pair<unsigned, unsigned> parse_shard(const std::string& text) {
  unsigned k = 0, n = 0;
  const char* end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, k);
  if (first.ec == std::errc{} && first.ptr != end && *first.ptr == '/') {
    const auto second = std::from_chars(first.ptr + 1, end, n);
    if (second.ec == std::errc{} && second.ptr == end && k >= 1 && k <= n) return {k, n};
  }
  throw UsageError(fmt::format("--shard '{}': K/N with 1 <= K <= N, such as 2/5", text));
}

}  // namespace gauntlet
