// What the terminal, the Markdown and the HTML matrix share: scenarios as rows, address family and checksums as
// columns.
#pragma once
#include <string>
#include <vector>

#include "report/results.hh"

namespace gauntlet {

// What stands where a scenario and a column meet: one cell for each value of the other axes (paths, direction, load,
// ...).
struct MatrixEntry {
  std::vector<const CellResult*> cells;  // by id; of several rounds the worst
  size_t missing = 0;                    // planned, but no result
  bool empty() const { return cells.empty() && missing == 0; }
};

struct MatrixRow {
  std::string scenario;
  std::vector<MatrixEntry> entries;  // by column; empty: the scenario has no cell there
};

struct Matrix {
  std::vector<std::string> columns;  // "ipv4,cs11": the axes every table has; "" for scenarios without them
  std::vector<MatrixRow> rows;
};
Matrix matrix_of(const Results&);

// Equal ones of an entry counted together, worst first: "H! 2L 15P"; "" when empty.
struct MatrixCount {
  std::string text;         // "2L", "H!"
  const CellResult* first;  // null: cells without a result
};
std::vector<MatrixCount> counts_of(const MatrixEntry&);
std::string worst_level(const MatrixEntry&);  // "" when empty; "error" when a result is missing

char letter_of(const std::string& level);  // P L D H E S
std::string mark_of(const CellResult&);    // "!" unexpected, "*" known, "^" known but passed, "" otherwise
std::string why(const CellResult&);        // one line: reason, expected and actual of the check that decided it
std::vector<const CellResult*> not_passed(const Results&);  // worst first
inline constexpr const char* kLegend =
    "P pass  L lenient  D deviation  H harm  E error  S skip  ? no result  2P two cells that differ in other axes   ! "
    "unexpected  * known  ^ known, but it passed";

}  // namespace gauntlet
