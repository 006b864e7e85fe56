// Repeated cells: how often each verdict was seen. A verdict is level, outcome and byte verdict together.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "report/results.hh"

namespace gauntlet {

struct CellRate {
  std::string cell;       // without the round
  std::string undecided;  // what its scenario says of a peer that decides either way; usually empty
  size_t rounds = 0;
  std::map<std::string, size_t> seen;  // "pass fallback-late [I]" -> how often
  bool may_vary() const { return !undecided.empty(); }
  bool steady() const { return seen.size() <= 1; }
};

// By cell, of those that ran more than once.
std::vector<CellRate> rates_of(const Results&);

// "196 cells, 20 rounds each: 195 the same each time", then the others with their rates; those that vary and are not
// undecided are marked with `!`.
std::string rates_text(const std::vector<CellRate>&);

}  // namespace gauntlet
