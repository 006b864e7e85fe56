// What a person reads in ten seconds after a long run: one line per family, then what asks for attention. The whole
// matrix is `gauntlet report RESULTS`.
#pragma once
#include <string>

#include "report/results.hh"

namespace gauntlet {

std::string run_summary(const Results&);

}  // namespace gauntlet
