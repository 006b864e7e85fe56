#include "report/summary.hh"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "report/matrix.hh"

namespace gauntlet {
namespace {

constexpr size_t kMostLines = 15;  // of one list; how many more there are is said

std::string family_of(const std::string& cell) {
  const size_t end = cell.find_first_of("/@~");
  return cell.substr(0, end);
}

std::string scenario_of(const std::string& cell) { return cell.substr(0, cell.find_first_of("@~")); }

std::string table(const Results& results) {
  std::map<std::string, std::map<std::string, size_t>> counts;  // family -> level -> cells
  for (const CellResult& c : results.cells) ++counts[family_of(c.cell)][c.level];
  std::string out = fmt::format("{:<10}", "");
  for (const std::string& level : kLevels) out += fmt::format(" {:>9}", level);
  for (auto& [family, levels] : counts) {
    out += fmt::format("\n{:<10}", family);
    for (const std::string& level : kLevels)
      out += fmt::format(" {:>9}", levels.contains(level) ? fmt::to_string(levels[level]) : ".");
  }
  return out + "\n";
}

// The cells that did not pass, of one scenario and level together: "lenient   seg/coalesce x4  fallback-late, outcome:
// outcome".
std::string attention(const Results& results) {
  std::map<std::string, std::pair<size_t, std::string>> groups;  // text -> how many, one of them
  for (const CellResult& c : results.cells) {
    if (c.level == "pass") continue;
    const std::string what = fmt::format("{:<9} {:<34} {}{}{}", c.level + (c.gate == "known" ? "*" : ""),
                                         scenario_of(c.cell), c.outcome, c.outcome.empty() ? "" : ", ", c.reason);
    auto& [many, example] = groups[what];
    if (many++ == 0) example = c.replay;
  }
  // What is worst first.
  std::vector<std::pair<std::string, std::pair<size_t, std::string>>> lines(groups.begin(), groups.end());
  const auto rank = [](const std::string& line) {
    const std::string level = line.substr(0, line.find_first_of(" *"));
    const std::vector<std::string> order = {"error", "harm", "deviation", "skip", "lenient"};
    return std::find(order.begin(), order.end(), level) - order.begin();
  };
  std::stable_sort(lines.begin(), lines.end(),
                   [&](const auto& a, const auto& b) { return rank(a.first) < rank(b.first); });
  std::string out;
  for (size_t i = 0; i < lines.size() && i < kMostLines; ++i)
    out += fmt::format("{:>3} x {}\n", lines[i].second.first, lines[i].first);
  if (lines.size() > kMostLines) out += fmt::format("and {} more kinds\n", lines.size() - kMostLines);
  return out;
}

}  // namespace

std::string run_summary(const Results& results) {
  std::string out = table(results);
  if (const std::string list = attention(results); !list.empty()) out += "\nnot passed (* known):\n" + list;
  return out + "\n" + totals_line(results) + "\n";
}

}  // namespace gauntlet
