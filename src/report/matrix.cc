#include "report/matrix.hh"

#include <fmt/core.h>

#include <algorithm>
#include <sstream>

#include "report/table.hh"

namespace gauntlet {
namespace {

const char* colour_of(const std::string& level) {
  if (level == "pass") return "\033[32m";
  if (level == "lenient") return "\033[36m";
  if (level == "deviation") return "\033[33m";
  if (level == "harm") return "\033[1;31m";
  if (level == "error") return "\033[1;35m";
  return "\033[2m";
}

std::vector<std::string> tokens_of(const std::string& column) {
  std::vector<std::string> out;
  std::istringstream in(column);
  for (std::string token; std::getline(in, token, ',');) out.push_back(token);
  return out;
}

std::string text_of(const MatrixEntry& entry) {
  std::string out;
  for (const MatrixCount& count : counts_of(entry)) out += (out.empty() ? "" : " ") + count.text;
  return out;
}

// One line per axis, each value above its column.
void header(const Matrix& matrix, size_t label, const std::vector<size_t>& widths, std::string& out) {
  size_t depth = 0;
  for (const std::string& column : matrix.columns) depth = std::max(depth, tokens_of(column).size());
  for (size_t line = 0; line < depth; ++line) {
    std::string text = fmt::format("{:<{}}", "", label);
    for (size_t i = 0; i < matrix.columns.size(); ++i) {
      const auto tokens = tokens_of(matrix.columns[i]);
      text += fmt::format(" {:<{}}", line < tokens.size() ? tokens[line] : "", widths[i]);
    }
    out += text.substr(0, text.find_last_not_of(' ') + 1) + "\n";
  }
}

void body(const Matrix& matrix, size_t label, const std::vector<size_t>& widths, bool colour, std::string& out) {
  for (const MatrixRow& row : matrix.rows) {
    std::string line = fmt::format("{:<{}}", row.scenario, label);
    size_t gap = 1;  // blanks owed before the next text, so that no line ends in one
    for (size_t i = 0; i < row.entries.size(); ++i) {
      const std::string shown = text_of(row.entries[i]);
      if (!shown.empty()) {
        line += std::string(gap, ' ');
        line += colour ? fmt::format("{}{}\033[0m", colour_of(worst_level(row.entries[i])), shown) : shown;
        gap = 0;
      }
      gap += widths[i] - shown.size() + 1;
    }
    out += line + "\n";
  }
}

std::string marks(const CellResult& cell) {
  std::string out =
      cell.gate == "ok" ? "" : ", " + (cell.gate == "xpass" ? "listed as known, but it passed" : cell.gate);
  if (cell.worse_than_tcp) out += ", worse than TCP";
  return out;
}

void story(const CellResult& cell, bool colour, std::string& out) {
  const char* on = colour ? colour_of(cell.level) : "";
  out += fmt::format("  {}{}{}{} {}\n      {}\n", on, cell.level, colour ? "\033[0m" : "", marks(cell), cell.cell,
                     why(cell));
  if (!cell.culprit.empty()) out += fmt::format("      culprit: {}\n", cell.culprit);
  if (!cell.known.empty()) out += fmt::format("      known: {}\n", cell.known);
  if (!cell.artifacts.empty()) out += fmt::format("      evidence: {}\n", cell.artifacts);
  if (!cell.replay.empty()) out += fmt::format("      replay: {}\n", cell.replay);
}

std::string piped(std::string text) {
  for (size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.insert(at, "\\");
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

}  // namespace

std::string totals_line(const Results& results) {
  std::string out;
  for (const std::string& level : kLevels) {
    size_t count = 0, known = 0;
    for (const CellResult& c : results.cells)
      if (c.level == level) ++count, known += c.gate == "known" ? 1 : 0;
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", count, level);
    if (known) out += fmt::format(" ({} known)", known);
  }
  return fmt::format("{} of {} cells", out, results.plan.size());
}

std::string terminal_matrix(const Results& results, bool colour) {
  std::string out;
  const Matrix matrix = matrix_of(results);
  size_t label = 0;
  for (const MatrixRow& row : matrix.rows) label = std::max(label, row.scenario.size());
  std::vector<size_t> widths;
  for (size_t i = 0; i < matrix.columns.size(); ++i) {
    size_t width = 2;  // a letter and a mark
    for (const std::string& token : tokens_of(matrix.columns[i])) width = std::max(width, token.size());
    for (const MatrixRow& row : matrix.rows) width = std::max(width, text_of(row.entries[i]).size());
    widths.push_back(width);
  }
  header(matrix, label, widths, out);
  body(matrix, label, widths, colour, out);
  out += "\n";
  out += fmt::format("{}\n{}\n", kLegend, totals_line(results));
  const auto bad = not_passed(results);
  if (!bad.empty()) out += "\nnot passed, or worth a look:\n";
  for (const CellResult* cell : bad) story(*cell, colour, out);
  for (const std::string& damage : results.damage) out += "damaged: " + damage + "\n";
  return out;
}

std::string markdown_matrix(const Results& results) {
  const Matrix matrix = matrix_of(results);
  std::string out = "| scenario |", rule = "|---|";
  for (const std::string& column : matrix.columns) {
    out += fmt::format(" {} |", column.empty() ? "-" : column);
    rule += ":-:|";
  }
  out += "\n" + rule + "\n";
  for (const MatrixRow& row : matrix.rows) {
    out += fmt::format("| `{}` |", row.scenario);
    for (const MatrixEntry& entry : row.entries) {
      std::string shown = text_of(entry);
      for (size_t at = 0; (at = shown.find('*', at)) != std::string::npos; at += 2) shown.insert(at, "\\");
      out += shown.empty() ? " |" : " " + shown + " |";
    }
    out += "\n";
  }
  out += "\n";
  std::string legend = kLegend;
  legend.insert(legend.find('*'), "\\");
  out += legend + "\n\n" + totals_line(results) + "\n";
  const auto bad = not_passed(results);
  if (!bad.empty()) out += "\n| cell | level | why | culprit | replay |\n|---|---|---|---|---|\n";
  for (const CellResult* cell : bad)
    out += fmt::format("| `{}` | {}{} | {} | {} | `{}` |\n", cell->cell, cell->level, marks(*cell), piped(why(*cell)),
                       cell->culprit.empty() ? "-" : cell->culprit, piped(cell->replay));
  for (const std::string& damage : results.damage) out += fmt::format("\n**damaged:** {}\n", damage);
  return out;
}

}  // namespace gauntlet
