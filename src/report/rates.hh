// Repeated cells: how often each verdict was seen. A verdict is level, outcome and byte verdict together.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "report/results.hh"

namespace gauntlet {

struct CellRate {
  std::string cell;  // without the round
  size_t rounds = 0;
  std::map<std::string, size_t> seen;  // "pass fallback-late [I]" -> how often
  bool steady() const { return seen.size() <= 1; }
};

// By cell, of those that ran more than once.
std::vector<CellRate> rates_of(const Results&);

// "196 cells, 20 rounds each: 195 the same each time", then the others with their rates. `undecided`: cells whose
// scenario says that the kernel decides either way, with what it says; the others that vary are marked.
std::string rates_text(const std::vector<CellRate>&, const std::map<std::string, std::string>& undecided);
// How many vary that may not.
size_t unsteady(const std::vector<CellRate>&, const std::map<std::string, std::string>& undecided);

}  // namespace gauntlet
