#include "report/table.hh"

#include <fmt/core.h>

#include <algorithm>
#include <map>

namespace gauntlet {
namespace {

// error > harm > deviation > lenient > skip > pass
int badness(const std::string& level) {
  static const std::vector<std::string> order = {"pass", "skip", "lenient", "deviation", "harm", "error"};
  return static_cast<int>(std::find(order.begin(), order.end(), level) - order.begin());
}

}  // namespace

std::vector<MatrixBlock> matrix_blocks(const Results& results) {
  std::map<std::string, const CellResult*> by_id;
  std::vector<std::string> ids;
  for (const std::string& id : results.plan) ids.push_back(without_round(id));
  for (const CellResult& c : results.cells) {  // of several rounds the worst stands for all
    const std::string id = without_round(c.cell);
    const CellResult*& shown = by_id[id];
    if (!shown || badness(c.level) > badness(shown->level)) shown = &c;
    ids.push_back(id);
  }
  std::sort(ids.begin(), ids.end());  // a shuffled run reads like any other
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());

  std::map<std::string, std::vector<std::string>> columns_of;  // scenario -> columns
  for (const std::string& id : ids) {
    const size_t at = id.find('@');
    columns_of[id.substr(0, at)].push_back(at == std::string::npos ? "" : id.substr(at + 1));
  }
  std::vector<MatrixBlock> blocks;
  for (const auto& [scenario, columns] : columns_of) {
    auto block = std::find_if(blocks.begin(), blocks.end(), [&](const MatrixBlock& b) { return b.columns == columns; });
    if (block == blocks.end()) block = blocks.insert(blocks.end(), MatrixBlock{columns, {}});
    MatrixRow row{scenario, {}};
    for (const std::string& column : columns) {
      const auto cell = by_id.find(column.empty() ? scenario : scenario + "@" + column);
      row.cells.push_back(cell == by_id.end() ? nullptr : cell->second);
    }
    block->rows.push_back(std::move(row));
  }
  return blocks;
}

char letter_of(const std::string& level) {
  if (level == "pass") return 'P';
  if (level == "lenient") return 'L';
  if (level == "deviation") return 'D';
  if (level == "harm") return 'H';
  if (level == "error") return 'E';
  if (level == "skip") return 'S';
  return '?';
}

std::string mark_of(const CellResult& cell) {
  if (cell.gate == "unexpected") return "!";
  if (cell.gate == "known") return "*";
  if (cell.gate == "xpass") return "^";
  return "";
}

std::string why(const CellResult& cell) {
  const CheckResult* worst = nullptr;
  for (const CheckResult& check : cell.checks)
    if (check.level != "pass" && check.level != "not_evaluated" &&
        (!worst || badness(check.level) > badness(worst->level)))
      worst = &check;
  std::string out = cell.reason;
  if (worst) {
    if (out.empty()) out = worst->reason;
    out += fmt::format("{}{}: expected {}, got {}", out.empty() ? "" : "; ", worst->id,
                       worst->expected.empty() ? "-" : worst->expected, worst->actual.empty() ? "-" : worst->actual);
    if (!worst->clause.empty()) out += fmt::format(" ({})", worst->clause);
  }
  return out.empty() ? "no reason was recorded" : out;
}

std::vector<const CellResult*> not_passed(const Results& results) {
  std::vector<const CellResult*> out;
  for (const CellResult& c : results.cells)
    if (c.level != "pass" || c.gate == "xpass" || c.worse_than_tcp) out.push_back(&c);
  std::sort(out.begin(), out.end(), [](const CellResult* a, const CellResult* b) {
    return badness(a->level) != badness(b->level) ? badness(a->level) > badness(b->level) : a->cell < b->cell;
  });
  return out;
}

}  // namespace gauntlet
