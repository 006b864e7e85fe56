// What `gauntlet list scenarios` prints.
#pragma once
#include <string>
#include <vector>

#include "scenario/scenario.hh"

namespace gauntlet {

// Of each scenario the cells given; a scenario without any is left out. The cells are of catalogue().
std::string scenarios_text(const std::vector<Cell>&);
std::string scenarios_json(const std::vector<Cell>&);

}  // namespace gauntlet
