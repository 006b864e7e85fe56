#include "judge/verdict.hh"

#include <fmt/core.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "judge/bench.hh"
#include "judge/wrong_bytes.hh"

namespace gauntlet {
namespace {

constexpr size_t kMostLines = 20'000;  // of diff.jsonl

void write_diff(const Bench& b, const std::string& folder) {
  std::ofstream out(folder + "/diff.jsonl", std::ios::trunc);
  size_t lines = 0;
  uint64_t omitted = 0;
  for (const CutDiff& cut : b.diffs) {
    omitted += cut.diff.omitted;
    for (const Difference& d : cut.diff.differences) {
      if (++lines > kMostLines) {
        ++omitted;
        continue;
      }
      Json record = {{"run", cut.run}, {"between", {cut.before, cut.before + 1}}};
      record.update(to_json(d));
      out << record.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
    }
  }
  if (omitted > 0) out << Json{{"omitted", omitted}}.dump() << '\n';
}

bool is_bad(const RunEvidence& run) { return run.client.result != "ok" || run.server.result != "ok"; }

void sum_up(Bench& b) {
  Verdict& v = b.verdict;
  const RunEvidence *run = b.run("mptcp"), *control = b.run("tcp");
  if (run) {
    const ByteVerdict &up = b.up["mptcp"], &down = b.down["mptcp"];
    v.outcome = b.outcomes["mptcp"].outcome;
    const ByteVerdict& worst =
        !down.known || (up.known && worse_letter(up.letter, down.letter) == up.letter) ? up : down;
    // What one direction told does not make the other identical, too.
    const auto& w = b.evidence.plan.workload;
    const bool told = (up.known || (w.up == 0 && w.preface_up.empty())) && (down.known || w.down == 0);
    v.bytes = worst.known && (told || worst.letter != 'I') ? std::string(1, worst.letter) : "";
    v.culprit = worst.culprit;
    const bool control_well = control && !is_bad(*control);
    v.worse_than_tcp = control_well && v.level != Level::harm && v.level != Level::error &&
                       (is_bad(*run) || (up.known && !up.complete) || (down.known && !down.complete));
    if (v.worse_than_tcp && b.up.contains("tcp"))  // bytes the box itself takes from plain TCP are not MPTCP's loss
      v.worse_than_tcp = is_bad(*run) || (b.up["tcp"].complete && up.known && !up.complete) ||
                         (b.down["tcp"].complete && down.known && !down.complete);
  }
}

Bench judge(const std::string& folder) {
  Bench b;
  b.evidence = read_cell(folder);
  b.verdict.cell = b.evidence.plan.cell.empty() ? folder : b.evidence.plan.cell;
  b.verdict.row = b.evidence.plan.row;
  check_evidence(b);
  if (!b.evidence.readable && b.armed())
    b.add("armed.evidence", Level::error, "evidence-damaged", "evidence that can be judged", "none");
  if (b.evidence.readable) {
    diff_cuts(b);
    judge_runs(b);
    check_hits(b);
    check_edits(b);
    check_baseline(b);
    if (b.armed()) {
      check_invariants(b);
      check_expectation(b);
    } else {
      for (const char* id : {"bytes", "outcome"})
        b.add(id, Level::not_evaluated, "not-armed", "", "the cell is not armed: see above");
    }
  }
  Level level = Level::not_evaluated;
  for (const Check& c : b.verdict.checks) level = worse(level, c.level);
  // Nothing that could be evaluated is never a pass.
  b.verdict.level = level == Level::not_evaluated ? Level::error : level;
  sum_up(b);
  tell_story(b);
  return b;
}

}  // namespace

Check& Bench::add(std::string id, Level level, std::string reason, std::string expected, std::string actual) {
  Check c;
  c.id = std::move(id);
  c.level = level;
  c.reason = std::move(reason);
  c.expected = std::move(expected);
  c.actual = std::move(actual);
  return verdict.checks.emplace_back(std::move(c));
}

bool Bench::armed() const {
  for (const Check& c : verdict.checks)
    if (c.level == Level::error) return false;
  return true;
}

Verdict judge_cell(const std::string& folder) {
  Bench b;
  try {
    forget_shadows(folder);
    b = judge(folder);
    write_shadows(b, folder);
    write_diff(b, folder);
  } catch (const std::exception& e) {  // memory, a folder that cannot be read: still a verdict
    b.verdict.cell = b.verdict.cell.empty() ? folder : b.verdict.cell;
    b.verdict.level = Level::error;
    b.add("armed.evidence", Level::error, "evidence-damaged", "evidence that can be judged", e.what());
  }
  std::ofstream(folder + "/verdict.json", std::ios::trunc)
      << to_json(b.verdict).dump(1, ' ', false, Json::error_handler_t::replace) << '\n';
  return std::move(b.verdict);
}

Json to_json(const Verdict& v) {
  Json checks = Json::array();
  for (const Check& c : v.checks)
    checks.push_back({{"id", c.id},
                      {"clause", c.clause},
                      {"level", name_of(c.level)},
                      {"reason", c.reason},
                      {"expected", c.expected},
                      {"actual", c.actual},
                      {"evidence", {{"capture", c.capture}, {"frames", c.frames}}}});
  Json out = {{"cell", v.cell}, {"row", v.row}, {"level", name_of(v.level)}};
  out["outcome"] = v.outcome ? Json(name_of(*v.outcome)) : Json();
  out["bytes"] = v.bytes;
  out["culprit"] = v.culprit ? Json(*v.culprit) : Json();
  out["worse_than_tcp"] = v.worse_than_tcp;
  out["wrong"] = wrong_json(v.wrong);
  out["checks"] = std::move(checks);
  out["story"] = v.story;
  return out;
}

}  // namespace gauntlet
