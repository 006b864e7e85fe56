// `gauntlet run` once its words are understood: every selected cell through a worker, the judge and results.jsonl.
#pragma once
#include <string>
#include <vector>

#include "judge/verdict.hh"
#include "lab/cell_plan.hh"
#include "lab/run_folder.hh"
#include "lab/selection.hh"
#include "lab/worker.hh"
#include "report/expectations.hh"
#include "report/results.hh"

namespace gauntlet {

struct LabRun {
  WorkerSettings worker;
  OwnEndpoints own;          // in every cell
  std::string out;           // absolute; made by the caller
  std::vector<Known> known;  // deviations that count as expected
  RunFacts facts;
  unsigned jobs = 1;
  Keep keep = Keep::failed;
  bool terminal = false;
  std::string replay_options = {};  // what a replay needs besides the cell and the seed: " --scenarios 'DIR'"
};

// Runs them all; out/results.jsonl is readable at any moment. Returns false when a signal stopped it.
bool run_lab(const LabRun&, const std::vector<SelectedCell>&, const std::vector<std::string>& others);

// What a verdict looks like as a result. `replay` repeats exactly this cell.
CellResult result_of(const Verdict&, const SelectedCell&, uint64_t seed, double seconds);

}  // namespace gauntlet
