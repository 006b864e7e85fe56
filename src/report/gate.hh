// Is this run as expected? Red: what nobody listed, what is listed and passes, what is listed and never seen, every
// error.
#pragma once
#include <string>
#include <vector>

#include "report/expectations.hh"
#include "report/results.hh"

namespace gauntlet {

struct Finding {
  enum class Kind { unexpected, xpass, unstable, stale, entry, error, incomplete, skipped, review };
  Kind kind;
  std::string subject;  // cell, entry or file
  std::string text;     // what, and the remedy; one line
  int exit = 1;         // 0 for a warning
  std::string check;    // of an unexpected one: the check that fails
};
const char* name_of(Finding::Kind);

// Fills `gate` and `known` of one cell and `known` of its checks, from levels. `gauntlet run` calls it before the
// record is written.
void gate_cell(CellResult&, const std::vector<Known>&, const std::string& kernel);

struct GateOptions {
  std::string today;      // YYYY-MM-DD; empty: the dates of entries are not looked at
  bool nightly = false;   // an entry past its review date, or of a day to come, is red, not a warning
  bool no_skips = false;  // a skipped cell is an error
};

struct GateReport {
  std::vector<Finding> findings;
  std::vector<CellResult> cells;  // with gate and known filled in
  int exit = 0;  // 0 as expected, 1 unexpected, 3 error or incomplete, 4 nothing ran (or all was skipped)
};
GateReport gate(const Results&, const std::vector<Known>&, const GateOptions&);

// For a terminal: one line per finding, the same in many cells of a scenario folded, then the verdict.
std::string to_text(const GateReport&);
// [[known]] entries for a person to complete and paste: `reason` and `evidence` are left empty, which the loader
// refuses.
std::string propose(const GateReport&, const std::string& today);

}  // namespace gauntlet
