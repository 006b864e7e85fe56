#include "cli/list_scenarios.hh"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace gauntlet {
namespace {

bool has_tag(const Scenario& s, const char* tag) {
  return std::find(s.tags.begin(), s.tags.end(), tag) != s.tags.end();
}

Json cell_json(const Cell& cell) {
  Json outcomes = Json::array();
  for (const Outcome o : cell.expect->outcome) outcomes.push_back(name_of(o));
  return {{"id", cell.id},
          {"clause", cell.expect->clause},
          {"strength", name_of(cell.expect->strength)},
          {"outcome", outcomes},
          {"bytes", cell.expect->bytes}};
}

Json scenario_json(const Scenario& s) {
  Json out = {{"id", s.id}, {"row", s.row}, {"title", s.title}, {"tags", s.tags}, {"file", s.file}};
  out["axes"] = Json::object();
  for (const std::string& axis : axis_names())
    if (const auto values = s.matrix.find(axis); values != s.matrix.end()) out["axes"][axis] = values->second;
  out["boxes"] = Json::array();
  for (const BoxUse& box : s.boxes) out["boxes"].push_back({{"on", box.on}, {"spec", to_text(box.box)}});
  out["cells"] = Json::array();
  for (const Cell& cell : expand(s, 0)) out["cells"].push_back(cell_json(cell));
  return out;
}

}  // namespace

std::string scenarios_text(const std::vector<Scenario>& all) {
  size_t cells = 0, core = 0, smoke = 0, width = 0;
  for (const Scenario& s : all) width = std::max(width, s.id.size());
  std::string out;
  for (const Scenario& s : all) {
    const size_t n = expand(s, 0).size();
    cells += n;
    core += has_tag(s, "core") ? n : 0;
    smoke += has_tag(s, "smoke") ? n : 0;
    out += fmt::format("{:<{}}  {:>2} cells  {}  [{}]\n", s.id, width, n, s.title, fmt::join(s.tags, " "));
  }
  return out + fmt::format("{} scenarios, {} cells: {} core, {} smoke\n", all.size(), cells, core, smoke);
}

std::string scenarios_json(const std::vector<Scenario>& all) {
  Json out = {{"scenarios", Json::array()}};
  for (const Scenario& s : all) out["scenarios"].push_back(scenario_json(s));
  return out.dump(2) + "\n";
}

}  // namespace gauntlet
