// `gauntlet list scenarios`: the catalogue, generated from the scenario files.
#pragma once
#include <string>
#include <vector>

#include "scenario/scenario.hh"

namespace gauntlet {

// One line per scenario: id, number of cells, tags, title; then the totals.
std::string scenarios_text(const std::vector<Scenario>&);
// {"scenarios":[{"id","row","title","tags","file","axes":{},"boxes":[],"cells":[{"id","clause","strength","outcome","bytes"}]}]}
std::string scenarios_json(const std::vector<Scenario>&);

}  // namespace gauntlet
