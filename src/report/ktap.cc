#include <fmt/core.h>

#include <algorithm>
#include <sstream>

#include "report/formats.hh"
#include "report/story.hh"

namespace gauntlet {
namespace {

// A '#' would start the directive.
std::string described(std::string text) {
  text = one_line(std::move(text));
  std::replace(text.begin(), text.end(), '#', '_');
  return text;
}

std::string result_line(bool ok, size_t number, const std::string& what, const char* directive = "",
                        const std::string& reason = "") {
  std::string line = fmt::format("{} {} {}", ok ? "ok" : "not ok", number, described(what));
  if (*directive != 0) line += fmt::format(" # {} {}", directive, one_line(reason));
  return line + "\n";
}

std::string check_line(const CellResult& cell, const CheckResult& check, size_t number) {
  if (check.level == "not_evaluated" || check.level == "skip")
    return result_line(true, number, check.id, "SKIP", check.reason.empty() ? "not evaluated" : check.reason);
  if (check.level == "error") return result_line(false, number, check.id, "ERROR", check.reason);
  if (check.level != "deviation" && check.level != "harm") return result_line(true, number, check.id);
  const bool listed = cell.gate == "known" || cell.gate == "xpass";  // or the cell would be `unexpected`
  if (!listed) return result_line(false, number, check.id);
  return result_line(true, number, check.id, "XFAIL", check.known.empty() ? cell.known : check.known);
}

std::string checks_block(const CellResult& cell) {
  if (cell.checks.empty() || cell.level == "skip") return "";
  std::string out = fmt::format("  KTAP version 1\n  1..{}\n", cell.checks.size());
  for (size_t i = 0; i < cell.checks.size(); ++i) out += "  " + check_line(cell, cell.checks[i], i + 1);
  return out;
}

std::string diagnosis(const CellResult& cell) {
  std::istringstream story(story_of(cell));
  std::string out;
  for (std::string line; std::getline(story, line);) out += "# " + one_line(line) + "\n";
  return out;
}

std::string cell_block(const CellResult& cell, size_t number) {
  const std::string reason = headline(cell);
  switch (told(cell)) {
    case Told::passed:
      return checks_block(cell) + result_line(true, number, cell.cell);
    case Told::known:
      return checks_block(cell) + result_line(true, number, cell.cell, "XFAIL", reason);
    case Told::skipped:
      return result_line(true, number, cell.cell, "SKIP", reason);
    case Told::failed:
      return checks_block(cell) + diagnosis(cell) + result_line(false, number, cell.cell);
    case Told::errored:
      return checks_block(cell) + diagnosis(cell) + result_line(false, number, cell.cell, "ERROR", reason);
  }
  return "";
}

}  // namespace

std::string ktap(const Results& results) {
  const auto cells = cells_to_tell(results);
  std::string out = fmt::format("KTAP version 1\n1..{}\n", cells.size());
  for (size_t i = 0; i < cells.size(); ++i) out += cell_block(cells[i], i + 1);
  return out;
}

}  // namespace gauntlet
