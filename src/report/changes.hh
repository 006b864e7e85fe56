// What is different between two runs, by name: never by counts.
#pragma once
#include <string>
#include <vector>

#include "report/results.hh"

namespace gauntlet {

struct Change {
  enum class Kind { worse, better, changed, appeared, vanished, left_out };
  Kind kind;
  std::string cell, check;  // check empty: the cell itself. Several checks of one id: with what they expect behind it
  std::string text;         // "pass -> harm, bytes I -> U"
  bool bad = false;         // worse; appeared and failing; a vanished cell, a vanished check that held
};

// Levels, outcomes, byte verdicts and gates of cells, levels of checks; sorted by cell, the cell's own first. What is
// no longer judged (skip, not_evaluated) is worse than any level it had. A cell that NEW left out on purpose is no
// loss.
std::vector<Change> changes(const Results& old_run, const Results& new_run);

// One line per change, then how many there are of each kind.
std::string to_text(const std::vector<Change>&);
bool got_worse(const std::vector<Change>&);

}  // namespace gauntlet
