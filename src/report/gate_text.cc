// What the gate prints.
#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <map>

#include "report/gate.hh"

namespace gauntlet {
namespace {

// A check that fails in many cells of one scenario is told in full so many times, then counted: a page that nobody
// reads to the end hides what is new.
constexpr size_t kInFull = 2;

std::string scenario_of(const std::string& cell) { return cell.substr(0, cell.find('@')); }

}  // namespace

std::string to_text(const GateReport& report) {
  std::string out;
  std::map<std::pair<std::string, std::string>, size_t> told;  // scenario and check -> how often
  for (const Finding& f : report.findings) {
    if (f.kind == Finding::Kind::unexpected && !f.check.empty() && ++told[{scenario_of(f.subject), f.check}] > kInFull)
      continue;
    out += fmt::format("{}{}: {}: {}\n", f.exit == 0 ? "warning: " : "", name_of(f.kind), f.subject, f.text);
  }
  for (const auto& [what, times] : told)
    if (times > kInFull)
      out += fmt::format("unexpected: {}: {} fails in {} more cells; results.jsonl has each of them\n", what.first,
                         what.second, times - kInFull);
  const auto verdict = [&]() -> std::string {
    if (report.exit == 4)
      return report.cells.empty() ? "nothing ran; check the pattern and the filter"
                                  : "every cell was skipped; see `gauntlet doctor`";
    if (report.exit == 3) return "no verdict: errors or an incomplete run";
    return report.exit == 1 ? "not as expected" : "as expected";
  };
  return out +
         fmt::format("gate: {} ({} cells, {} findings)\n", verdict(), report.cells.size(), report.findings.size());
}

std::string propose(const GateReport& report, const std::string& today) {
  std::string out;
  std::map<std::string, std::string> range_of;  // kernel -> ">=6.18, <6.19"
  for (const CellResult& cell : report.cells) {
    if (cell.gate != "unexpected" || (cell.level != "deviation" && cell.level != "harm")) continue;
    unsigned major = 0, minor = 0;
    if (std::sscanf(cell.kernel.c_str(), "%u.%u", &major, &minor) == 2)
      range_of[cell.kernel] = fmt::format(">={0}.{1}, <{0}.{2}", major, minor, minor + 1);
    for (const CheckResult& check : cell.checks) {
      const bool unlisted = std::any_of(report.findings.begin(), report.findings.end(), [&](const Finding& f) {
        return f.kind == Finding::Kind::unexpected && f.subject == cell.cell && f.check == check.id;
      });
      if (!unlisted) continue;
      out += fmt::format(
          "[[known]]\ncell     = \"{}\"\ncheck    = \"{}\"\nlevel    = \"{}\"\nkernel   = \"{}\"\nreason   = \"\"   # "
          "expected {}, got {}{}{}\n"
          "evidence = \"\"   # {}\nsince    = {}\nreview   = # a day to look again\n\n",
          cell.cell, check.id, check.level, range_of[cell.kernel], check.expected, check.actual,
          check.clause.empty() ? "" : ", ", check.clause, cell.artifacts, today);
    }
  }
  return out;
}

}  // namespace gauntlet
