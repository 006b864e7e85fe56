#include "report/table.hh"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

namespace gauntlet {
namespace {

// error > harm > deviation > lenient > skip > pass
int badness(const std::string& level) {
  static const std::vector<std::string> order = {"pass", "skip", "lenient", "deviation", "harm", "error"};
  return static_cast<int>(std::find(order.begin(), order.end(), level) - order.begin());
}

// The part of an id's axes that makes its column: address family and checksums, which come first (design: the order of
// axes is fixed).
std::string column_of(const std::string& id) {
  const size_t at = id.find('@');
  std::string column;
  for (size_t from = at; from != std::string::npos;) {
    const size_t to = id.find(',', from + 1);
    const std::string token = id.substr(from + 1, to == std::string::npos ? to : to - from - 1);
    const bool checksum = token.size() == 4 && token.starts_with("cs");
    if (token != "ipv4" && token != "ipv6" && !checksum) break;
    column += (column.empty() ? "" : ",") + token;
    from = to;
  }
  return column;
}

}  // namespace

Matrix matrix_of(const Results& results) {
  std::map<std::string, const CellResult*> by_id;  // null: planned only; sorted: a shuffled run reads like any other
  for (const std::string& id : results.plan) by_id[without_round(id)];
  for (const CellResult& c : results.cells) {  // of several rounds the worst stands for all
    const CellResult*& shown = by_id[without_round(c.cell)];
    if (!shown || badness(c.level) > badness(shown->level)) shown = &c;
  }
  std::map<std::string, std::map<std::string, MatrixEntry>> entries;  // scenario -> column
  std::set<std::string> columns;
  for (const auto& [id, cell] : by_id) {
    const std::string column = column_of(id);
    columns.insert(column);
    MatrixEntry& entry = entries[id.substr(0, id.find('@'))][column];
    if (cell)
      entry.cells.push_back(cell);
    else
      ++entry.missing;
  }
  Matrix matrix{{columns.begin(), columns.end()}, {}};
  for (auto& [scenario, of_column] : entries) {
    MatrixRow row{scenario, {}};
    for (const std::string& column : matrix.columns) row.entries.push_back(std::move(of_column[column]));
    matrix.rows.push_back(std::move(row));
  }
  return matrix;
}

std::vector<MatrixCount> counts_of(const MatrixEntry& entry) {
  std::vector<std::pair<std::string, std::vector<const CellResult*>>> groups;  // letter and mark -> cells
  for (const CellResult* cell : entry.cells) {
    const std::string shown = letter_of(cell->level) + mark_of(*cell);
    auto group = std::find_if(groups.begin(), groups.end(), [&](const auto& g) { return g.first == shown; });
    if (group == groups.end()) group = groups.insert(groups.end(), {shown, {}});
    group->second.push_back(cell);
  }
  std::stable_sort(groups.begin(), groups.end(), [](const auto& a, const auto& b) {
    return badness(a.second.front()->level) > badness(b.second.front()->level);
  });
  const auto counted = [](size_t many, const std::string& what) {
    return many == 1 ? what : fmt::format("{}{}", many, what);
  };
  std::vector<MatrixCount> out;
  if (entry.missing > 0) out.push_back({counted(entry.missing, "?"), nullptr});
  for (const auto& [shown, cells] : groups) out.push_back({counted(cells.size(), shown), cells.front()});
  return out;
}

std::string worst_level(const MatrixEntry& entry) {
  if (entry.missing > 0) return "error";
  std::string worst;
  for (const CellResult* cell : entry.cells)
    if (worst.empty() || badness(cell->level) > badness(worst)) worst = cell->level;
  return worst;
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
  if (out.empty() && cell.level == "pass") return cell.outcome.empty() ? "as expected" : cell.outcome;
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
