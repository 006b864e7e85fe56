#include "lab/run_lab.hh"

#include <fmt/core.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "lab/endpoints.hh"
#include "lab/progress.hh"
#include "lab/supervisor.hh"
#include "report/gate.hh"

namespace gauntlet {
namespace {

using Clock = std::chrono::steady_clock;

bool bad(const CellResult& r) { return r.gate == "unexpected" || r.gate == "xpass" || r.level == "error"; }

std::string line_of(const CellResult& r) {
  std::string line = fmt::format("{:<9} {:<48} {:5.1f} s", r.level, r.cell, r.seconds);
  if (!r.outcome.empty()) line += fmt::format("  {} [{}]", r.outcome, r.bytes);
  if (!r.reason.empty()) line += "  " + r.reason;
  return line;
}

// The transfers with their limits one after the other, and a minute for set-up on a busy machine.
Duration limit_of(const Cell& cell) {
  return std::chrono::seconds(kRuns.size() * (cell.scenario->limit_s + kBesideTransferS) + 60);
}

// As somebody in the working directory names the file, so that results of two machines say the same.
std::string from_here(const std::string& file) {
  const auto path = std::filesystem::absolute(file).lexically_normal();
  const auto near = path.lexically_relative(std::filesystem::current_path());
  return near.empty() || *near.begin() == ".." ? file : near.string();
}

}  // namespace

CellResult result_of(const Verdict& v, const SelectedCell& selected, uint64_t seed, double seconds) {
  CellResult r;
  r.cell = selected.name();
  r.row = v.row;
  r.level = name_of(v.level);
  if (v.outcome) r.outcome = name_of(*v.outcome);
  r.bytes = v.bytes;
  r.culprit = v.culprit.value_or("");
  r.worse_than_tcp = v.worse_than_tcp;
  r.seconds = seconds;
  r.replay = fmt::format("gauntlet run '{}' --seed {}", selected.cell.id, seed);
  r.artifacts = "cells/" + r.cell + "/";
  r.file = from_here(selected.cell.scenario->file);
  if (selected.cell.expect) r.undecided = selected.cell.expect->undecided;
  r.line = selected.cell.expect ? selected.cell.expect->line : selected.cell.scenario->line;
  for (const Check& c : v.checks) {
    r.checks.push_back({c.id, c.clause, name_of(c.level), c.reason, c.expected, c.actual, c.capture, c.frames});
    if (c.level == v.level && v.level != Level::pass && r.reason.empty()) r.reason = c.id + ": " + c.reason;
  }
  return r;
}

bool run_lab(const LabRun& run, const std::vector<SelectedCell>& cells, const std::vector<std::string>& others) {
  ResultsWriter results(run.out + "/results.jsonl");
  results.write(run_record(run.facts));
  std::vector<std::string> names, folders(cells.size());
  for (const SelectedCell& c : cells) names.push_back(c.name());
  results.write(plan_record(names, others));

  Progress progress(cells.size(), run.terminal);
  const auto started = Clock::now();
  std::vector<CellResult> done;
  Supervision supervision{.worker = run.worker, .jobs = run.jobs, .prepare = {}, .finished = {}, .tick = {}};
  supervision.worker.results = run.out;
  supervision.prepare = [&](size_t i) {
    folders[i] = make_cell_folder(run.out, names[i], cells[i].cell, run.worker.binary, run.own);
    return Job{folders[i], limit_of(cells[i].cell)};
  };
  supervision.finished = [&](size_t i, const JobResult& job) {
    write_evidence(folders[i], cells[i].cell, job.errors);
    CellResult r = result_of(judge_cell(folders[i]), cells[i], run.facts.seed, job.seconds);
    r.replay += run.replay_options;
    write_replay(folders[i], r.replay);
    gate_cell(r, run.known, run.facts.kernel);
    write_cell(results, r);
    thin_out(folders[i], run.keep, r.level != "pass");
    progress.cell(line_of(r), bad(r));
    done.push_back(std::move(r));
  };
  supervision.tick = [&](size_t running) { progress.tick(running, Clock::now() - started); };
  if (!supervise(supervision, cells.size())) return false;
  results.write(summary_record(names.size(), done));
  return true;
}

}  // namespace gauntlet
