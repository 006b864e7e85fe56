#include "cli/list_coverage.hh"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

namespace gauntlet {
namespace {

std::set<std::string> scenarios_of(const Covered& covered) {
  std::set<std::string> out;
  for (const Cell* cell : covered.cells) out.insert(cell->scenario->id);
  return out;
}

// "24 cells, 4 core: opt/kind opt/add", or "none: REASON".
std::string how(const Covered& covered, const std::string& why_not) {
  if (covered.cells.empty()) return "none: " + (why_not.empty() ? "no reason given" : why_not);
  return fmt::format("{} cells, {} core: {}", covered.cells.size(), covered.core,
                     fmt::join(scenarios_of(covered), " "));
}

template <typename Items>
std::string total(const Items& items, const char* what) {
  const auto tested = std::count_if(items.begin(), items.end(), [](const auto& i) { return !i.second.cells.empty(); });
  return fmt::format("{} of {} {}", tested, items.size(), what);
}

Json covered_json(const Covered& covered, const std::string& why_not) {
  Json out = {{"scenarios", scenarios_of(covered)}, {"core", covered.core}, {"cells", Json::array()}};
  for (const Cell* cell : covered.cells) out["cells"].push_back(cell->id);
  if (covered.cells.empty()) out["why_not"] = why_not;
  return out;
}

}  // namespace

std::string coverage_text(const Coverage& coverage) {
  std::string out = "rows of the oracle\n";
  for (const auto& [row, covered] : coverage.rows)
    out += fmt::format("  {:<34} {}{}\n  {:<34} {}\n", row.id, row.title,
                       row.practice.empty() ? "" : " (" + row.practice + ")", "", how(covered, row.why_not));
  out += "\ndemands of RFC 8684\n";
  for (const auto& [demand, covered] : coverage.demands)
    out += fmt::format("  {:<26} {:<10} {}\n  {:<37} {}\n", demand.id, demand.strength, demand.says, "",
                       how(covered, demand.why_not));
  return out + fmt::format("\ntested: {}, {}\n", total(coverage.rows, "rows"), total(coverage.demands, "demands"));
}

std::string coverage_json(const Coverage& coverage) {
  Json out = {{"rows", Json::array()}, {"clauses", Json::array()}};
  for (const auto& [row, covered] : coverage.rows) {
    Json item = covered_json(covered, row.why_not);
    item.update({{"id", row.id}, {"title", row.title}, {"clause", row.clause}, {"practice", row.practice}});
    out["rows"].push_back(std::move(item));
  }
  for (const auto& [demand, covered] : coverage.demands) {
    Json item = covered_json(covered, demand.why_not);
    item.update({{"id", demand.id}, {"strength", demand.strength}, {"says", demand.says}, {"rows", demand.rows}});
    out["clauses"].push_back(std::move(item));
  }
  return out.dump(2) + "\n";
}

}  // namespace gauntlet
