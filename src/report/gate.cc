#include "report/gate.hh"

#include <fmt/core.h>

#include <algorithm>

#include "report/rates.hh"
#include "report/table.hh"
#include "util/glob.hh"

namespace gauntlet {
namespace {

using Kind = Finding::Kind;

bool fails(const std::string& level) { return level == "deviation" || level == "harm"; }
bool evaluated(const std::string& level) { return level == "pass" || level == "lenient"; }

// What a cell's level must be: the worst of its checks; what was not evaluated says nothing.
std::string worst_of(const std::vector<CheckResult>& checks) {
  std::string worst = "not_evaluated";
  for (const char* level : {"pass", "lenient", "deviation", "harm", "error"})
    if (std::any_of(checks.begin(), checks.end(), [&](const CheckResult& c) { return c.level == level; }))
      worst = level;
  return worst;
}

bool covers(const Known& k, const CellResult& cell, const std::string& kernel) {
  return k.kernel.holds(kernel) && glob_matches(k.cell, without_round(cell.cell));
}

// The entry that lists this failing check; null when none does.
const Known* listed(const std::vector<Known>& known, const CellResult& cell, const CheckResult& check,
                    const std::string& kernel) {
  const auto found = std::find_if(known.begin(), known.end(), [&](const Known& k) {
    return covers(k, cell, kernel) && k.check == check.id && k.level == check.level;
  });
  return found == known.end() ? nullptr : &*found;
}

// What is listed holds. A check may be made of each end, under one id: it holds when it holds of all.
bool passed_though_listed(const Known& k, const CellResult& cell) {
  bool passed = false;
  for (const CheckResult& c : cell.checks) {
    if (c.id != k.check) continue;
    if (fails(c.level)) return false;
    passed = passed || evaluated(c.level);
  }
  return passed;
}

void cell_findings(const CellResult& cell, const std::vector<Known>& known, const GateOptions& options,
                   std::vector<Finding>& out) {
  const auto add = [&](Kind kind, std::string text, int exit) {
    out.push_back({kind, cell.cell, std::move(text), exit, ""});
  };
  if (cell.level == "error")
    return add(
        Kind::error,
        fmt::format("{}; the harness failed, not the peer: see {}, then `{}`", why(cell), cell.artifacts, cell.replay),
        3);
  const std::string worst = worst_of(cell.checks);
  if (worst == "error")
    return add(Kind::error,
               fmt::format("the cell is {} but one of its checks is an error; see {}, then `{}`", cell.level,
                           cell.artifacts, cell.replay),
               3);
  if (cell.level == "skip" && !fails(worst)) {
    if (options.no_skips)
      add(Kind::skipped, fmt::format("{}; give this machine what is missing (see `gauntlet doctor`)", why(cell)), 3);
    return;
  }
  for (const CheckResult& check : cell.checks) {
    if (!fails(check.level)) continue;
    if (listed(known, cell, check, cell.kernel)) continue;
    add(Kind::unexpected,
        fmt::format("{} is {} (expected {}, got {}{}{}); see {}, replay with `{}`; once proved, list it (gauntlet gate "
                    "--propose)",
                    check.id, check.level, check.expected, check.actual, check.clause.empty() ? "" : ", ", check.clause,
                    cell.artifacts, cell.replay),
        1);
    out.back().check = check.id;
  }
  // A level that its checks do not explain cannot be listed, so it is never excused.
  if (cell.level != worst)
    add(Kind::unexpected,
        fmt::format("the cell is {} but the worst of its checks is {}; see {}", cell.level, worst, cell.artifacts), 1);
  for (const Known& k : known)
    if (cell.undecided.empty() && covers(k, cell, cell.kernel) && passed_though_listed(k, cell))
      add(Kind::xpass,
          fmt::format("{} passed, but {} lists it as {}; narrow or remove the entry", k.check, k.place, k.level), 1);
}

// Was the entry of use to this run, or could it not be told?
bool in_use(const Known& k, const Results& results) {
  for (const CellResult& cell : results.cells) {
    if (!covers(k, cell, cell.kernel)) continue;
    if (cell.level == "error" || cell.level == "skip") return true;  // it could not show
    if (std::any_of(cell.checks.begin(), cell.checks.end(), [&](const CheckResult& c) { return c.id == k.check; }))
      return true;
  }
  // Cells this run left out, or did not get to, say nothing about it.
  const auto unseen = [&](const std::string& id) {
    return glob_matches(k.cell, without_round(id)) &&
           std::none_of(results.cells.begin(), results.cells.end(), [&](const CellResult& c) { return c.cell == id; });
  };
  return std::any_of(results.others.begin(), results.others.end(), unseen) ||
         std::any_of(results.plan.begin(), results.plan.end(), unseen);
}

void entry_findings(const Results& results, const std::vector<Known>& known, const GateOptions& options,
                    std::vector<Finding>& out) {
  for (const Known& k : known) {
    const auto add = [&](Kind kind, std::string text, int exit) {
      out.push_back({kind, k.place, std::move(text), exit, ""});
    };
    const bool runs_here = std::any_of(results.runs.begin(), results.runs.end(),
                                       [&](const RunFacts& r) { return k.kernel.holds(r.kernel); });
    if (!k.missing.empty())
      add(Kind::entry,
          fmt::format("its evidence names {}, which is not there; name the file that describes it", k.missing), 1);
    if (!options.today.empty() && k.since > options.today)
      add(Kind::entry, fmt::format("'{}' is listed since {}, a day to come; correct it", k.cell, k.since),
          options.nightly ? 1 : 0);
    if (!runs_here) continue;
    if (!in_use(k, results))
      add(Kind::stale,
          fmt::format("nothing in this run matches cell '{}', check '{}'; remove or correct the entry", k.cell,
                      k.check),
          1);
    if (!options.today.empty() && k.review < options.today)
      add(Kind::review, fmt::format("'{}' was due for review on {}; look again and set a new day", k.cell, k.review),
          options.nightly ? 1 : 0);
  }
}

// A cell that was repeated must come out the same each time: below 100 % is a failure with its rate. Where the peer
// decides either way the scenario says so; what came out is then judged round by round alone.
void round_findings(const Results& results, std::vector<Finding>& out) {
  for (const CellRate& cell : rates_of(results)) {
    if (cell.steady() || cell.may_vary()) continue;
    std::string rates;
    for (const auto& [verdict, count] : cell.seen)
      rates += fmt::format("{}{} x {}", rates.empty() ? "" : ", ", count, verdict);
    out.push_back({Kind::unstable, cell.cell,
                   fmt::format("{}; the same cell must end the same: find what differs before it is trusted", rates), 1,
                   ""});
  }
}

}  // namespace

const char* name_of(Finding::Kind kind) {
  switch (kind) {
    case Kind::unexpected:
      return "unexpected";
    case Kind::xpass:
      return "xpass";
    case Kind::unstable:
      return "unstable";
    case Kind::stale:
      return "stale";
    case Kind::entry:
      return "entry";
    case Kind::error:
      return "error";
    case Kind::incomplete:
      return "incomplete";
    case Kind::skipped:
      return "skipped";
    case Kind::review:
      return "review";
  }
  return "?";
}

void gate_cell(CellResult& cell, const std::vector<Known>& known, const std::string& kernel) {
  cell.kernel = kernel;
  cell.known.clear();
  cell.gate = "ok";
  std::vector<Finding> findings;
  cell_findings(cell, known, {}, findings);
  const auto has = [&](Kind kind) {
    return std::any_of(findings.begin(), findings.end(), [&](const Finding& f) { return f.kind == kind; });
  };
  for (CheckResult& check : cell.checks) {
    const Known* k = fails(check.level) ? listed(known, cell, check, kernel) : nullptr;
    check.known = k ? k->reason : "";
    if (cell.known.empty()) cell.known = check.known;
  }
  if (has(Kind::unexpected) || has(Kind::error))
    cell.gate = "unexpected";
  else if (has(Kind::xpass))
    cell.gate = "xpass";
  else if (!cell.known.empty())
    cell.gate = "known";
}

GateReport gate(const Results& results, const std::vector<Known>& known, const GateOptions& options) {
  GateReport report;
  report.cells = results.cells;
  const auto incomplete = [&](const std::string& subject, const char* text) {
    report.findings.push_back({Kind::incomplete, subject, text, 3, ""});
  };
  for (const std::string& damage : results.damage) incomplete(damage, "the results are not whole; run again");
  if (!results.complete && results.damage.empty()) incomplete("-", "the run did not end; run again");
  for (CellResult& cell : report.cells) {
    gate_cell(cell, known, cell.kernel);
    cell_findings(cell, known, options, report.findings);
  }
  round_findings(results, report.findings);
  entry_findings(results, known, options, report.findings);
  for (const Finding& f : report.findings) report.exit = std::max(report.exit, f.exit);  // 3 outranks 1
  const bool nothing =
      std::all_of(report.cells.begin(), report.cells.end(), [](const CellResult& c) { return c.level == "skip"; });
  if (nothing && report.exit != 3) report.exit = 4;
  return report;
}

}  // namespace gauntlet
