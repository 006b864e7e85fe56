#include "report/story.hh"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "report/table.hh"

namespace gauntlet {
namespace {

bool fails(const std::string& level) { return level == "deviation" || level == "harm"; }

const char* or_dash(const std::string& text) { return text.empty() ? "-" : text.c_str(); }

void tell_check(const CheckResult& check, std::string& out) {
  out += fmt::format("{} is {}{}{}{}\n", check.id, check.level, check.reason.empty() ? "" : ": " + check.reason,
                     check.clause.empty() ? "" : ", ", check.clause);
  out += fmt::format("  expected: {}\n  actual:   {}\n", or_dash(check.expected), or_dash(check.actual));
  if (check.capture.empty()) return;
  constexpr size_t kShown = 8;
  const auto end = check.frames.begin() + static_cast<long>(std::min(kShown, check.frames.size()));
  out += fmt::format("  frames:   {} {}{}\n", check.capture, fmt::join(check.frames.begin(), end, ", "),
                     check.frames.size() > kShown ? fmt::format(" and {} more", check.frames.size() - kShown) : "");
}

CellResult error_at(const std::string& id, const std::string& reason) {
  CellResult cell;
  cell.cell = id;
  cell.level = "error";
  cell.gate = "unexpected";
  cell.reason = reason;
  return cell;
}

}  // namespace

Told told(const CellResult& cell) {
  if (cell.level == "error") return Told::errored;
  if (cell.level == "skip") return Told::skipped;
  if (cell.gate == "known") return Told::known;
  if (cell.gate == "unexpected" || cell.gate == "xpass" || fails(cell.level)) return Told::failed;
  return Told::passed;
}

CellName name_of_cell(const std::string& id) {
  const size_t at = std::min(id.find('@'), id.find('~'));
  CellName name;
  name.scenario = id.substr(0, at);
  const size_t slash = name.scenario.rfind('/');
  name.folder = slash == std::string::npos ? "scenarios" : name.scenario.substr(0, slash);
  if (at == std::string::npos)
    name.axes = "default";
  else
    name.axes = id[at] == '@' ? id.substr(at + 1) : "default" + id.substr(at);
  return name;
}

std::vector<CellResult> cells_to_tell(const Results& results) {
  std::vector<CellResult> all = results.cells;
  std::set<std::string> seen;
  for (const CellResult& cell : all) seen.insert(cell.cell);
  for (const std::string& id : results.plan)
    if (seen.insert(id).second) all.push_back(error_at(id, "planned, but the run ended without a result"));
  std::sort(all.begin(), all.end(), [](const CellResult& a, const CellResult& b) { return a.cell < b.cell; });
  if (!results.complete)
    all.push_back(error_at("gauntlet/results@whole", results.damage.empty()
                                                         ? "the run did not end"
                                                         : fmt::format("{}", fmt::join(results.damage, "; "))));
  return all;
}

std::string headline(const CellResult& cell) {
  switch (told(cell)) {
    case Told::passed:
      return "";
    case Told::known:
      return fmt::format("known {}: {}", cell.level, or_dash(one_line(cell.known)));
    case Told::skipped:
      return one_line(cell.reason.empty() ? why(cell) : cell.reason);
    case Told::failed:
      if (cell.gate == "xpass") return "listed as known, but it passed: narrow or remove the entry";
      break;
    case Told::errored:
      break;
  }
  return fmt::format("{}: {}", cell.level, one_line(why(cell)));
}

std::string story_of(const CellResult& cell) {
  std::string out = headline(cell) + "\n";
  for (const CheckResult& check : cell.checks)
    if (check.level != "pass" && check.level != "not_evaluated") tell_check(check, out);
  const auto line = [&](const char* what, const std::string& text) {
    if (!text.empty()) out += fmt::format("{}: {}\n", what, text);
  };
  line("outcome", cell.outcome);
  line("bytes", cell.bytes);
  line("culprit", cell.culprit);
  if (cell.gate == "xpass") line("listed because", cell.known);
  line("kernel", cell.kernel);
  if (!cell.file.empty()) line("scenario", fmt::format("{}:{}", cell.file, cell.line));
  line("evidence", cell.artifacts);
  line("replay", cell.replay);
  return out;
}

std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return (c >= 0 && c < ' ') || c == 127; }, ' ');
  return text;
}

}  // namespace gauntlet
