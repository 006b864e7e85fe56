// results.jsonl -> Results. Tolerant of a killed run (a cut last line, no summary), never silent about it.
#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "report/results.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

std::string text_or(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found == json.end() || found->is_null() ? std::string() : found->get<std::string>();
}

RunFacts read_run(const Json& json) {
  RunFacts run;
  run.tool = json.at("tool");
  run.kernel = json.at("kernel");
  run.commit = text_or(json, "commit");
  run.seed = json.at("seed");
  if (json.contains("capabilities"))
    for (const auto& [name, value] : json.at("capabilities").items())
      run.capabilities[name] = value.is_string() ? value.get<std::string>() : value.dump();
  return run;
}

void demand_level(const std::string& level) {
  if (std::find(kLevels.begin(), kLevels.end(), level) == kLevels.end())
    throw UsageError("unknown level '" + level + "'");
}

CheckResult read_check(const Json& json) {
  CheckResult check;
  check.id = json.at("id");
  check.level = json.at("level");
  if (check.level != "not_evaluated") demand_level(check.level);
  check.clause = text_or(json, "clause");
  check.reason = text_or(json, "reason");
  check.known = text_or(json, "known");
  check.expected = text_or(json, "expected");
  check.actual = text_or(json, "actual");
  if (const auto evidence = json.find("evidence"); evidence != json.end() && !evidence->is_null()) {
    check.capture = text_or(*evidence, "capture");
    if (evidence->contains("frames")) check.frames = evidence->at("frames").get<std::vector<uint64_t>>();
  }
  return check;
}

CellResult read_cell(const Json& json) {
  CellResult cell;
  cell.cell = json.at("cell");
  cell.level = json.at("level");
  demand_level(cell.level);
  cell.row = text_or(json, "row");
  cell.outcome = text_or(json, "outcome");
  cell.bytes = text_or(json, "bytes");
  cell.culprit = text_or(json, "culprit");
  cell.known = text_or(json, "known");
  cell.gate = text_or(json, "gate");
  cell.reason = text_or(json, "reason");
  cell.undecided = text_or(json, "undecided");
  cell.replay = text_or(json, "replay");
  cell.artifacts = text_or(json, "artifacts");
  if (const auto place = json.find("scenario"); place != json.end()) {
    cell.file = place->at("file");
    cell.line = place->at("line");
  }
  cell.worse_than_tcp = json.value("worse_than_tcp", false);
  cell.seconds = json.value("seconds", 0.0);
  return cell;
}

// One file; what it adds goes to `all`.
class File {
 public:
  // `seen`: cells that have a result already, in this file or one before.
  File(std::string path, Results& all, std::set<std::string>& seen) : path_(std::move(path)), all_(all), seen_(seen) {}

  void read() {
    std::ifstream in(path_, std::ios::binary);
    if (!in) throw UsageError(fmt::format("{}: cannot be read; name a results.jsonl", path_));
    for (std::string line; std::getline(in, line);) {
      ++line_;
      if (line.empty()) continue;
      if (in.eof()) {  // no newline behind it: the writer was stopped in the middle
        damage("the last line is cut, the run was stopped while writing it");
        break;
      }
      one(line);
    }
    finish();
  }

 private:
  void damage(const std::string& what) { all_.damage.push_back(fmt::format("{}:{}: {}", path_, line_, what)); }

  void one(const std::string& line) {
    try {
      take(Json::parse(line));
    } catch (const Json::exception& e) {
      damage(fmt::format("no record of ours: {}", e.what()));
    } catch (const UsageError& e) {
      damage(e.what());
    }
  }

  void take(const Json& json) {
    const std::string type = json.at("type");
    if (type != "run" && !run_) return damage(fmt::format("a '{}' record stands before the run record", type));
    if (type == "run") {
      if (run_) return damage("a second run record; one file holds one run");
      if (json.at("schema") != 1)
        return damage(fmt::format("schema {} is not the one this build reads (1)", json.at("schema").dump()));
      run_ = read_run(json);
    } else if (type == "plan") {
      if (has_plan_) return damage("a second plan; one file holds one run");
      plan_ = json.at("cells").get<std::vector<std::string>>();
      if (json.contains("others")) others_ = json.at("others").get<std::vector<std::string>>();
      has_plan_ = true;
    } else if (type == "check") {
      checks_[json.at("cell")].push_back(read_check(json));
    } else if (type == "cell") {
      take_cell(json);
    } else if (type == "summary") {
      if (summary_) return damage("a second summary; one file holds one run");
      summary_ = json;
    } else {
      damage(fmt::format("a record of the unknown type '{}'", type));
    }
  }

  void take_cell(const Json& json) {
    CellResult cell = read_cell(json);
    cell.kernel = run_->kernel;
    cell.checks = std::move(checks_[cell.cell]);
    checks_.erase(cell.cell);
    if (std::find(plan_.begin(), plan_.end(), cell.cell) == plan_.end())
      damage(fmt::format("the cell {} is not in the plan", cell.cell));
    if (!seen_.insert(cell.cell).second)
      return damage(fmt::format("a second result of {}; results of the same cell do not merge", cell.cell));
    cells_.push_back(cell);
    all_.cells.push_back(std::move(cell));
  }

  void finish() {
    for (const auto& [cell, checks] : checks_)
      damage(fmt::format("checks of {} without a result behind them: {}", cell, checks.front().id));
    if (!run_) damage("no run record");
    if (!has_plan_) damage("no plan record");
    if (!summary_) {
      damage(fmt::format("no summary: the run did not end ({} of {} cells)", cells_.size(), plan_.size()));
    } else if (const Json counted = summary_record(plan_.size(), cells_); true) {
      for (const auto& [key, value] : counted.items())
        if (!summary_->contains(key) || summary_->at(key) != value)
          damage(fmt::format("the summary says {} {}, the records say {}", key,
                             summary_->contains(key) ? summary_->at(key).dump() : "nothing", value.dump()));
      if (cells_.size() != plan_.size())
        damage(fmt::format("{} cells were planned, {} have a result", plan_.size(), cells_.size()));
    }
    if (run_) all_.runs.push_back(*run_);
    all_.plan.insert(all_.plan.end(), plan_.begin(), plan_.end());
    all_.others.insert(all_.others.end(), others_.begin(), others_.end());
  }

  std::string path_;
  Results& all_;
  std::set<std::string>& seen_;
  size_t line_ = 0;
  std::optional<RunFacts> run_;
  bool has_plan_ = false;
  std::vector<std::string> plan_, others_;
  std::map<std::string, std::vector<CheckResult>> checks_;
  std::vector<CellResult> cells_;
  std::optional<Json> summary_;
};

}  // namespace

Results read_results(const std::vector<std::string>& paths) {
  Results all;
  std::set<std::string> seen;
  for (const std::string& path : paths) File(path, all, seen).read();
  // What another shard ran was not left out.
  const std::set<std::string> planned(all.plan.begin(), all.plan.end());
  std::erase_if(all.others, [&](const std::string& cell) { return planned.contains(cell); });
  all.complete = all.damage.empty() && !paths.empty();
  return all;
}

}  // namespace gauntlet
