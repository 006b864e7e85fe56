// gauntlet list: the catalogue, generated from the code and the scenario files.
#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/installation.hh"
#include "cli/list_boxes.hh"
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

// Only what a filter chooses; a scenario counts when one of its cells does.
int list_scenarios(const Options& options) {
  std::vector<Scenario> all = load_scenarios(scenario_folder(options.text("scenarios")), box_schemas());
  for (size_t i = 1; i < options.words().size(); ++i)
    std::erase_if(all, [&](const Scenario& s) {
      const auto cells = expand(s, 0);
      return std::none_of(cells.begin(), cells.end(), [&](const Cell& c) { return matches(c, options.words()[i]); });
    });
  fmt::print("{}", options.flag("json") ? scenarios_json(all) : scenarios_text(all));
  return all.empty() ? kExitNothing : kExitOk;
}

}  // namespace

int verb_list(Arguments words) {
  const Command command{"gauntlet list boxes [NAME...] | scenarios [PATTERN...] | probes [OPTIONS]",
                        "what there is: boxes with their manual pages, scenarios with their cells, the prober's probes",
                        {{"json", "", "", "as JSON"},
                         {"markdown", "", "", "boxes: what middleboxes/README.md holds"},
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
