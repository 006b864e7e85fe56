// The matrix: rows are scenarios, columns the combinations of their axes, one letter per cell.
#pragma once
#include <string>

#include "report/results.hh"

namespace gauntlet {

// For a terminal: matrix, legend, totals, then everything that did not pass with reason, culprit and replay line.
std::string terminal_matrix(const Results&, bool colour);
// The same for job summaries and pages.
std::string markdown_matrix(const Results&);
// "32 pass, 1 lenient, 2 deviation (1 known), 0 harm, 0 error, 0 skip of 35 cells"
std::string totals_line(const Results&);

}  // namespace gauntlet
