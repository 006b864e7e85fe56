// What the terminal and the Markdown matrix share: which scenario has which columns.
#pragma once
#include <string>
#include <vector>

#include "report/results.hh"

namespace gauntlet {

struct MatrixRow {
  std::string scenario;
  std::vector<const CellResult*> cells;  // by column; null: planned but no result
};

// Scenarios with the same axes stand in one block, so a table has no holes.
struct MatrixBlock {
  std::vector<std::string> columns;  // what stands behind the @ of the id; "" when nothing does
  std::vector<MatrixRow> rows;
};
std::vector<MatrixBlock> matrix_blocks(const Results&);

char letter_of(const std::string& level);  // P L D H E S
std::string mark_of(const CellResult&);    // "!" unexpected, "*" known, "^" known but passed, "" otherwise
std::string why(const CellResult&);        // one line: reason, expected and actual of the check that decided it
std::vector<const CellResult*> not_passed(const Results&);  // worst first
inline constexpr const char* kLegend =
    "P pass  L lenient  D deviation  H harm  E error  S skip  ? no result   ! unexpected  * known  ^ known, but it "
    "passed";

}  // namespace gauntlet
