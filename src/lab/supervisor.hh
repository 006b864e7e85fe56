// Runs cells in parallel, each in its own namespaces. Cells mostly wait, so more of them than cores run at once.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "lab/worker.hh"
#include "util/time.hh"

namespace gauntlet {

struct Job {
  std::string folder;  // with plan.json and log/ in it
  Duration limit{};    // a worker that takes longer is stopped
};

struct JobResult {
  std::vector<std::string> errors;  // what the lab found wrong, "NAME: detail"
  std::string took;                 // the worker's timing, JSON text; may be empty
  double seconds = 0;
};

struct Supervision {
  WorkerSettings worker;
  unsigned jobs = 1;
  std::function<Job(size_t)> prepare;  // makes the folder of job i; called when it is about to start
  std::function<void(size_t, const JobResult&)> finished;  // in order of ending
  std::function<void(size_t running)> tick;                // at least every 100 ms
};

// Returns false when SIGINT or SIGTERM stopped it: workers still running are ended and not reported.
bool supervise(const Supervision&, size_t count);

}  // namespace gauntlet
