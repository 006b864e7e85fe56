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

// The header of a block: one line per axis, each value above its column.
void header(const MatrixBlock& block, size_t label, const std::vector<size_t>& widths, std::string& out) {
  size_t depth = 0;
  for (const std::string& column : block.columns) depth = std::max(depth, tokens_of(column).size());
  for (size_t line = 0; line < depth; ++line) {
    std::string text = fmt::format("{:<{}}", "", label);
    for (size_t i = 0; i < block.columns.size(); ++i) {
      const auto tokens = tokens_of(block.columns[i]);
      text += fmt::format(" {:<{}}", line < tokens.size() ? tokens[line] : "", widths[i]);
    }
    out += text.substr(0, text.find_last_not_of(' ') + 1) + "\n";
  }
}

void body(const MatrixBlock& block, size_t label, const std::vector<size_t>& widths, bool colour, std::string& out) {
  for (const MatrixRow& row : block.rows) {
    out += fmt::format("{:<{}}", row.scenario, label);
    for (size_t i = 0; i < row.cells.size(); ++i) {
      const CellResult* cell = row.cells[i];
      const std::string shown = cell ? letter_of(cell->level) + mark_of(*cell) : "?";
      const size_t gap = i + 1 < row.cells.size() ? widths[i] - shown.size() : 0;
      out += colour && cell ? fmt::format(" {}{}\033[0m", colour_of(cell->level), shown) : " " + shown;
      out += std::string(gap, ' ');
    }
    out += "\n";
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
  const auto blocks = matrix_blocks(results);
  size_t label = 0;
  for (const MatrixBlock& block : blocks)
    for (const MatrixRow& row : block.rows) label = std::max(label, row.scenario.size());
  for (const MatrixBlock& block : blocks) {
    std::vector<size_t> widths;
    for (const std::string& column : block.columns) {
      size_t width = 2;  // a letter and a mark
      for (const std::string& token : tokens_of(column)) width = std::max(width, token.size());
      widths.push_back(width);
    }
    header(block, label, widths, out);
    body(block, label, widths, colour, out);
    out += "\n";
  }
  out += fmt::format("{}\n{}\n", kLegend, totals_line(results));
  const auto bad = not_passed(results);
  if (!bad.empty()) out += "\nnot passed, or worth a look:\n";
  for (const CellResult* cell : bad) story(*cell, colour, out);
  for (const std::string& damage : results.damage) out += "damaged: " + damage + "\n";
  return out;
}

std::string markdown_matrix(const Results& results) {
  std::string out;
  for (const MatrixBlock& block : matrix_blocks(results)) {
    out += "| scenario |";
    for (const std::string& column : block.columns) out += fmt::format(" {} |", column.empty() ? "-" : column);
    out += "\n|---|";
    for (size_t i = 0; i < block.columns.size(); ++i) out += ":-:|";
    out += "\n";
    for (const MatrixRow& row : block.rows) {
      out += fmt::format("| `{}` |", row.scenario);
      for (const CellResult* cell : row.cells) {
        std::string mark = cell ? mark_of(*cell) : "";
        if (mark == "*") mark = "\\*";
        out += cell ? fmt::format(" {}{} |", letter_of(cell->level), mark) : " ? |";
      }
      out += "\n";
    }
    out += "\n";
  }
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
