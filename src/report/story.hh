// What every format for machines shares: how a cell counts, its name in parts, and its story in words.
#pragma once
#include <string>
#include <vector>

#include "report/results.hh"

namespace gauntlet {

// From level and gate. known: fails as listed (XFAIL). failed: fails unlisted, or is listed and passes.
enum class Told { passed, known, skipped, failed, errored };
Told told(const CellResult&);

// "opt/strip-dss@ipv4,cs11~2" -> "opt", "opt/strip-dss", "ipv4,cs11~2". Folder "scenarios" where the id has none, axes
// "default" where the scenario has no matrix.
struct CellName {
  std::string folder, scenario, axes;
};
CellName name_of_cell(const std::string& id);

// Every cell by id, each round of it. What is planned and has no result is an error here, and damage of the results is
// one more error, "gauntlet/results@whole": no format can show a run that did not end as a good one.
std::vector<CellResult> cells_to_tell(const Results&);

std::string headline(const CellResult&);  // one line: why it counts as it does; empty for what passed
// Several lines: each failing check with what was expected, what came and its first frames; culprit; evidence; the line
// that repeats it.
std::string story_of(const CellResult&);

std::string one_line(std::string);  // line ends and other control bytes become blanks

}  // namespace gauntlet
