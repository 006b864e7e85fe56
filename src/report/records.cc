// Plain data -> the records of results.jsonl.
#include <cmath>
#include <nlohmann/json.hpp>

#include "report/results.hh"

namespace gauntlet {

const std::vector<std::string> kLevels = {"pass", "lenient", "deviation", "harm", "error", "skip"};

std::string without_round(const std::string& cell) { return cell.substr(0, cell.find('~')); }

namespace {

Json or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json capability(const std::string& text) {
  if (text == "true" || text == "false") return text == "true";
  return text;
}

}  // namespace

Json run_record(const RunFacts& run) {
  Json out = {
      {"type", "run"},   {"schema", 1}, {"tool", run.tool}, {"kernel", run.kernel}, {"commit", or_null(run.commit)},
      {"seed", run.seed}};
  out["capabilities"] = Json::object();
  for (const auto& [name, value] : run.capabilities) out["capabilities"][name] = capability(value);
  return out;
}

Json plan_record(const std::vector<std::string>& cells, const std::vector<std::string>& others) {
  return {{"type", "plan"}, {"cells", cells}, {"others", others}};
}

Json check_record(const std::string& cell, const CheckResult& check) {
  Json out = {
      {"type", "check"}, {"cell", cell}, {"id", check.id}, {"clause", or_null(check.clause)}, {"level", check.level}};
  if (!check.reason.empty()) out["reason"] = check.reason;
  if (!check.known.empty()) out["known"] = check.known;
  out["expected"] = check.expected;
  out["actual"] = check.actual;
  out["evidence"] = nullptr;
  if (!check.capture.empty()) out["evidence"] = {{"capture", check.capture}, {"frames", check.frames}};
  return out;
}

Json cell_record(const CellResult& c) {
  Json out = {
      {"type", "cell"},           {"cell", c.cell}, {"row", c.row}, {"level", c.level}, {"outcome", or_null(c.outcome)},
      {"bytes", or_null(c.bytes)}};
  out["culprit"] = or_null(c.culprit);
  out["known"] = or_null(c.known);
  out["gate"] = c.gate;
  if (!c.reason.empty()) out["reason"] = c.reason;
  if (!c.undecided.empty()) out["undecided"] = c.undecided;
  if (c.worse_than_tcp) out["worse_than_tcp"] = true;
  out["seconds"] = std::round(c.seconds * 1000) / 1000;
  out["replay"] = c.replay;
  out["artifacts"] = c.artifacts;
  if (!c.file.empty()) out["scenario"] = {{"file", c.file}, {"line", c.line}};
  return out;
}

Json summary_record(size_t planned, const std::vector<CellResult>& cells) {
  Json out = {{"type", "summary"}, {"planned", planned}};
  for (const std::string& level : kLevels) {
    size_t count = 0;
    for (const CellResult& c : cells) count += c.level == level ? 1 : 0;
    out[level] = count;
  }
  return out;
}

void write_cell(ResultsWriter& writer, const CellResult& cell) {
  for (const CheckResult& check : cell.checks) writer.write(check_record(cell.cell, check));
  writer.write(cell_record(cell));
}

}  // namespace gauntlet
