// What the gate prints.
#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <map>

#include "report/gate.hh"

namespace gauntlet {

std::string to_text(const GateReport& report) {
  std::string out;
  for (const Finding& f : report.findings)
    out += fmt::format("{}{}: {}: {}\n", f.exit == 0 ? "warning: " : "", name_of(f.kind), f.subject, f.text);
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
