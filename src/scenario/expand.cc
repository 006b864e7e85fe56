// A scenario's matrix, expanded: axes in the fixed order family, checksum, paths, path, load, endpoint.
#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "scenario/load_parts.hh"
#include "scenario/scenario.hh"
#include "scenario/words.hh"
#include "util/rng.hh"

namespace gauntlet {
namespace {

void set_axis(Cell& cell, const std::string& axis, const std::string& value) {
  if (axis == "family") cell.family = value;
  if (axis == "checksum") cell.checksum = value;
  if (axis == "paths") cell.paths = value == "2" ? 2 : 1;
  if (axis == "path") cell.path = value;
  if (axis == "load") cell.load = *load_named(value);
  if (axis == "endpoint") cell.endpoint = value;
}

// What stands in the id. `paths` = how many paths: p1, p2. `path` = the one the boxes act on: on-p1, on-p2, on-all.
std::string token(std::string_view axis, const std::string& value) {
  if (axis == "paths") return "p" + value;
  if (axis == "path") return "on-" + value;
  return value;
}

bool applies(const Expect& expect, const Cell& cell) {
  return std::all_of(expect.when.begin(), expect.when.end(), [&](const auto& condition) {
    const auto& [axis, values] = condition;
    return std::find(values.begin(), values.end(), axis_value(cell, axis)) != values.end();
  });
}

}  // namespace

const std::vector<std::string>& axis_names() {
  static const std::vector<std::string> names = {"family", "checksum", "paths", "path", "load", "endpoint"};
  return names;
}

std::string axis_value(const Cell& cell, std::string_view axis) {
  if (axis == "family") return cell.family;
  if (axis == "checksum") return cell.checksum;
  if (axis == "paths") return fmt::format("{}", cell.paths);
  if (axis == "path") return cell.path;
  if (axis == "load") return name_of(cell.load);
  if (axis == "endpoint") return cell.endpoint;
  return "";
}

std::string axis_token(const Cell& cell, std::string_view axis) { return token(axis, axis_value(cell, axis)); }

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
        made.id += (made.id.empty() ? "@" : ",") + token(axis, value);
        next.push_back(std::move(made));
      }
    cells = std::move(next);
  }
  for (Cell& cell : cells) {
    cell.id = scenario.id + cell.id;
    cell.seed = hash64(cell.id, seed);
    for (const BoxUse& box : scenario.boxes)
      cell.boxes.push_back(scenario.matrix.contains("path") && box.schema ? with_path(box, cell.path) : box);
    const auto match =
        std::find_if(scenario.expect.begin(), scenario.expect.end(), [&](const Expect& e) { return applies(e, cell); });
    cell.expect = match == scenario.expect.end() ? nullptr : &*match;
  }
  return cells;
}

void check_cells(const Scenario& scenario, const TomlValue& root, Problems& problems) {
  if (!problems.empty()) return;  // what follows would only repeat it
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
