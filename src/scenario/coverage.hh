// What the scenarios put to the test, by row of the oracle (scenarios/rows.toml) and by demand of RFC 8684
// (scenarios/clauses.toml), and what they do not, with the reason.
#pragma once
#include <string>
#include <vector>

#include "scenario/scenario.hh"

namespace gauntlet {

struct OracleRow {
  std::string id, title, clause;
  std::string practice = {};  // where RFC 8041 tells of it: "RFC 8041 3.10"; may be empty
  std::string why_not = {};   // why no scenario is of this row, while none is
};

struct Demand {
  std::string id, strength, says;  // id: "3.1/syn-without", the section before the slash
  std::vector<std::string> rows;   // that put it to the test
  std::string why_not;             // why none of them has a scenario, while none has
};

// Throw UsageError with every problem of the file: unknown keys, an id twice, a row that is none.
std::vector<OracleRow> load_rows(const std::string& file);
std::vector<Demand> load_demands(const std::string& file, const std::vector<OracleRow>& rows);

struct Covered {
  std::vector<const Cell*> cells;  // of the whole catalogue, in its order
  size_t core = 0;                 // how many of them are in the core
};

struct Coverage {
  std::vector<std::pair<OracleRow, Covered>> rows;
  std::vector<std::pair<Demand, Covered>> demands;
};

Coverage coverage_of(const std::vector<OracleRow>&, const std::vector<Demand>&, const std::vector<Cell>& catalogue);

// The ids of rows and demands without a cell and without a reason: must be none.
std::vector<std::string> silently_uncovered(const Coverage&);

}  // namespace gauntlet
