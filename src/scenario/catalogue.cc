// All cells of all scenarios, and which of them make up `core`, `smoke` and `full`.
#include <algorithm>
#include <set>

#include "scenario/pairwise.hh"
#include "scenario/scenario.hh"

namespace gauntlet {
namespace {

constexpr size_t kSmoke = 12;  // what the tests of every change can afford

bool tagged(const Cell& cell, std::string_view tag) {
  const auto& tags = cell.scenario->tags;
  return std::find(tags.begin(), tags.end(), tag) != tags.end();
}

// The tag stays only on those that were chosen.
void choose(std::vector<Cell>& all, const std::string& tag, size_t most) {
  std::vector<Cell> candidates;
  for (Cell& cell : all) {
    if (tagged(cell, tag)) candidates.push_back(cell);
    std::erase(cell.tags, tag);
  }
  std::set<std::string> ids;
  for (const size_t i : pairwise(candidates, most)) ids.insert(candidates[i].id);
  for (Cell& cell : all)
    if (ids.contains(cell.id)) cell.tags.insert(cell.tags.begin(), tag);
}

}  // namespace

std::vector<Cell> catalogue(const std::vector<Scenario>& scenarios, uint64_t seed) {
  std::vector<Cell> all;
  for (const Scenario& scenario : scenarios)
    for (Cell& cell : expand(scenario, seed)) all.push_back(std::move(cell));
  for (Cell& cell : all)
    if (tagged(cell, "core") && !tagged(cell, "full")) cell.tags.push_back("full");
  choose(all, "smoke", kSmoke);
  choose(all, "core", SIZE_MAX);
  return all;
}

}  // namespace gauntlet
