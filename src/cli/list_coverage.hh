// `gauntlet list scenarios --coverage`: rows and demands, by how many cells each is put to the test, or why not.
#pragma once
#include <string>

#include "scenario/coverage.hh"

namespace gauntlet {

std::string coverage_text(const Coverage&);
std::string coverage_json(const Coverage&);

}  // namespace gauntlet
