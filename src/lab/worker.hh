// One cell under way: scenarios/lab/worker.py in namespaces of its own, and the lines it says (docs of worker.py).
#pragma once
#include <string>
#include <vector>

#include "lab/isolate.hh"
#include "util/json.hh"

namespace gauntlet {

struct WorkerSettings {
  std::string binary;                  // this program: the processes of a cell are its verbs
  std::string lab_folder;              // holds worker.py
  std::vector<std::string> keep = {};  // folders that stay visible where they lie below /tmp or /run
};

class Worker {
 public:
  // `folder` holds plan.json; log/ below it exists. Throws EnvironmentError when namespaces are refused.
  // A cell keeps to one `cpu` (-1: any): a process that moved between two packets would let the second overtake the
  // first, because each CPU has a receive backlog of its own. Real networks do that; a box that only edits must not.
  Worker(const WorkerSettings&, const std::string& folder, int cpu);

  int pidfd() const { return process_.pidfd.get(); }
  int output() const { return process_.output.get(); }
  bool read();                                // takes what it said; false when there was nothing, or it closed its end
  void stop() { process_.lifeline.reset(); }  // everything in its namespaces ends
  void finish();  // after pidfd became readable: reaps it, takes the last lines, names an early death

  const std::vector<std::string>& errors() const { return errors_; }  // "NAME: detail"
  const std::string& phase() const { return phase_; }
  const std::string& took() const { return took_; }  // its own timing, JSON text

 private:
  void line(const std::string&);
  Isolated process_;
  std::string buffer_, phase_ = "start", took_;
  std::vector<std::string> errors_;
  bool done_ = false;
};

}  // namespace gauntlet
