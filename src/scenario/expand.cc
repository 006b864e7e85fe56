// A scenario's matrix, expanded: axes in the fixed order of axis_names().
#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "scenario/load_parts.hh"
#include "scenario/scenario.hh"
#include "scenario/words.hh"
#include "util/rng.hh"

namespace gauntlet {
namespace {

bool applies(const Expect& expect, const Cell& cell) {
  return std::all_of(expect.when.begin(), expect.when.end(), [&](const auto& condition) {
    const auto& [axis, values] = condition;
    return std::find(values.begin(), values.end(), axis_value(cell, axis)) != values.end();
  });
}

}  // namespace

std::vector<Cell> expand(const Scenario& scenario, uint64_t seed) {
  Cell first;
  first.scenario = &scenario;
  first.load = scenario.workload.load;
  std::vector<Cell> cells = {first};
  for (const std::string& axis : axis_names()) {
    const auto listed = scenario.matrix.find(axis);
    if (listed == scenario.matrix.end()) continue;
    std::vector<Cell> next;
    for (const Cell& cell : cells)
      for (const std::string& value : listed->second) {
        Cell made = cell;
        set_axis(made, axis, value);
        made.id += (made.id.empty() ? "@" : ",") + axis_token(made, axis);
        next.push_back(std::move(made));
      }
    cells = std::move(next);
  }
  std::erase_if(cells, [](const Cell& cell) { return !possible(cell); });
  if (scenario.chains > 0) {
    std::vector<Cell> next;
    for (const Cell& cell : cells)
      for (unsigned chain = 1; chain <= scenario.chains; ++chain) {
        next.push_back(cell);
        next.back().id += fmt::format("{}chain-{:02}", cell.id.empty() ? "@" : ",", chain);
      }
    cells = std::move(next);
  }
  for (Cell& cell : cells) {
    cell.id = scenario.id + cell.id;
    cell.seed = hash64(cell.id, seed);
    cell.tags = scenario.tags;
    for (const BoxUse& box : scenario.chains > 0 ? draw_chain(scenario, cell.seed) : scenario.boxes)
      cell.boxes.push_back(with_axes(box, cell));
    const auto match =
        std::find_if(scenario.expect.begin(), scenario.expect.end(), [&](const Expect& e) { return applies(e, cell); });
    cell.expect = match == scenario.expect.end() ? nullptr : &*match;
  }
  return cells;
}

void check_cells(const Scenario& scenario, const TomlValue& root, Problems& problems) {
  if (!problems.empty()) return;  // what follows would only repeat it
  if (expand(scenario, 0).empty())
    problems.add(1, "no cell is possible: the axes `dir`, `when` and `timing` leave none; correct [matrix]");
  const TomlValue* matrix = root.find("matrix");
  const int line = matrix ? matrix->line : 1;
  std::set<const Expect*> reached;
  std::vector<std::string> bare;
  for (const Cell& cell : expand(scenario, 0)) {
    if (cell.expect)
      reached.insert(cell.expect);
    else
      bare.push_back(cell.id);
    if (cell.load == Load::pingpong && !scenario.workload.preface_up.empty())
      problems.add(root.find("workload")->line,
                   fmt::format("`preface_up` does not go with the load pingpong of {}; take paced or bulk", cell.id));
    for (const BoxUse& box : cell.boxes) {
      const auto chosen = box.box.written.find("path");
      const std::string path = chosen == box.box.written.end() ? "all" : chosen->second;
      const std::string wire = same_path_only(box) ? "p" + box.on.substr(4, 1) : "all";  // "path1.r2" carries p1
      const bool absent = cell.paths == 1 && (wire == "p2" || path == "p2");
      if (absent)
        problems.add(
            box.line,
            fmt::format("no packet of p2 in {}: it has one path; take 1 out of `paths` or add paths = [2]", cell.id));
      else if (wire != "all" && path != "all" && wire != path)
        problems.add(box.line, fmt::format("no packet of {} crosses {} in {}; put the box on \"core\" or change `path`",
                                           path, box.on, cell.id));
    }
  }
  if (!bare.empty())
    problems.add(line,
                 fmt::format("no [[expect]] matches {} of the cells, such as {}; add one without `for` at the end",
                             bare.size(), bare.front()));
  for (const Expect& e : scenario.expect)
    if (!reached.contains(&e))
      problems.add(
          e.line,
          "no cell reaches this [[expect]]; the first that matches wins: correct its `for`, move it up or remove it");
}

}  // namespace gauntlet
