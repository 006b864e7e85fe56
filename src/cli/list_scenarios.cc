#include "cli/list_scenarios.hh"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

namespace gauntlet {
namespace {

bool has_tag(const Cell& c, const char* tag) { return std::find(c.tags.begin(), c.tags.end(), tag) != c.tags.end(); }

Json cell_json(const Cell& cell) {
  Json outcomes = Json::array();
  for (const Outcome o : cell.expect->outcome) outcomes.push_back(name_of(o));
  return {{"id", cell.id},
          {"tags", cell.tags},
          {"clause", cell.expect->clause},
          {"strength", name_of(cell.expect->strength)},
          {"outcome", outcomes},
          {"bytes", cell.expect->bytes}};
}

Json scenario_json(const std::vector<const Cell*>& cells) {
  const Scenario& s = *cells.front()->scenario;
  Json out = {{"id", s.id}, {"row", s.row}, {"title", s.title}, {"tags", s.tags}, {"file", s.file}};
  out["axes"] = Json::object();
  for (const std::string& axis : axis_names())
    if (const auto values = s.matrix.find(axis); values != s.matrix.end()) out["axes"][axis] = values->second;
  out["boxes"] = Json::array();
  for (const BoxUse& box : s.boxes) out["boxes"].push_back({{"on", box.on}, {"spec", to_text(box.box)}});
  out["cells"] = Json::array();
  for (const Cell* cell : cells) out["cells"].push_back(cell_json(*cell));
  return out;
}

// In the order of ids.
std::map<std::string, std::vector<const Cell*>> by_scenario(const std::vector<Cell>& cells) {
  std::map<std::string, std::vector<const Cell*>> out;
  for (const Cell& c : cells) out[c.scenario->id].push_back(&c);
  return out;
}

}  // namespace

std::string scenarios_text(const std::vector<Cell>& all) {
  const auto groups = by_scenario(all);
  size_t core = 0, smoke = 0, width = 0;
  for (const auto& [id, cells] : groups) width = std::max(width, id.size());
  std::string out;
  for (const auto& [id, cells] : groups) {
    const auto here = [&](const char* tag) {
      return static_cast<size_t>(
          std::count_if(cells.begin(), cells.end(), [&](const Cell* c) { return has_tag(*c, tag); }));
    };
    core += here("core"), smoke += here("smoke");
    const Scenario& s = *cells.front()->scenario;
    out += fmt::format("{:<{}}  {:>3} cells  {:>2} core  {}  [{}]\n", id, width, cells.size(), here("core"), s.title,
                       fmt::join(s.tags, " "));
  }
  return out + fmt::format("{} scenarios, {} cells: {} core, {} smoke\n", groups.size(), all.size(), core, smoke);
}

std::string scenarios_json(const std::vector<Cell>& all) {
  Json out = {{"scenarios", Json::array()}};
  for (const auto& [id, cells] : by_scenario(all)) out["scenarios"].push_back(scenario_json(cells));
  return out.dump(2) + "\n";
}

}  // namespace gauntlet
