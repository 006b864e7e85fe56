// gauntlet list: the catalogue, generated from the code and the scenario files.
#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/installation.hh"
#include "cli/list_boxes.hh"
#include "cli/list_coverage.hh"
#include "cli/list_scenarios.hh"
#include "cli/options.hh"
#include "cli/verb.hh"
#include "middleboxes/registry.hh"
#include "probe/render.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

int list_boxes(const Options& options) {
  const std::vector<BoxSchema> all = box_schemas();
  if (options.flag("markdown")) {
    fmt::print("{}", boxes_markdown());
    return kExitOk;
  }
  if (options.words().size() == 1) {
    fmt::print("{}", options.flag("json") ? boxes_json(all) : boxes_text(all));
    return kExitOk;
  }
  for (size_t i = 1; i < options.words().size(); ++i) {
    const BoxEntry* entry = find_box(options.words()[i]);
    if (!entry)
      throw UsageError(fmt::format("there is no box '{}'; gauntlet list boxes names them all", options.words()[i]));
    fmt::print("{}\n", entry->schema.manual);
  }
  return kExitOk;
}

// Only the cells that any of the filters chooses.
int list_scenarios(const Options& options) {
  const auto scenarios = load_scenarios(scenario_folder(options.text("scenarios")), box_schemas());
  std::vector<Cell> cells = catalogue(scenarios, 0);
  const std::vector<std::string> patterns(options.words().begin() + 1, options.words().end());
  if (!patterns.empty())
    std::erase_if(cells, [&](const Cell& c) {
      return std::count_if(patterns.begin(), patterns.end(), [&](const std::string& p) { return matches(c, p); }) == 0;
    });
  if (options.flag("coverage")) {
    const std::string folder = scenario_folder(options.text("scenarios"));
    const auto rows = load_rows(folder + "/rows.toml");
    const Coverage coverage = coverage_of(rows, load_demands(folder + "/clauses.toml", rows), cells);
    fmt::print("{}", options.flag("json") ? coverage_json(coverage) : coverage_text(coverage));
    return kExitOk;
  }
  fmt::print("{}", options.flag("json") ? scenarios_json(cells) : scenarios_text(cells));
  return cells.empty() ? kExitNothing : kExitOk;
}

}  // namespace

int verb_list(Arguments words) {
  const Command command{
      "gauntlet list boxes [NAME...] | scenarios [PATTERN...] | probes [OPTIONS]",
      "what there is: boxes with their manual pages, scenarios with their cells, the prober's probes",
      {{"json", "", "", "as JSON"},
       {"markdown", "", "", "boxes: what middleboxes/README.md holds"},
       {"coverage", "", "", "scenarios: which rows and which demands of RFC 8684 they test, which not"},
       {"scenarios", "DIR", "", "the folder of scenario files"}},
      "boxes|scenarios|probes",
      "example: gauntlet list scenarios 'opt/* & core'      gauntlet list boxes strip"};
  const auto options = parse_options(command, words);
  if (!options) return kExitOk;
  const std::string what = options->words().empty() ? "" : options->words()[0];
  if (what == "boxes") return list_boxes(*options);
  if (what == "scenarios") return list_scenarios(*options);
  if (what == "probes") {
    fmt::print("{}", options->flag("json") ? probe_list_json().dump() + "\n" : probe_list());
    return kExitOk;
  }
  throw UsageError(fmt::format("'{}' is nothing to list; say boxes, scenarios or probes", what));
}

}  // namespace gauntlet
