// scenarios/lab/worker.py in namespaces of its own, which runs one cell after another, and the lines it says (docs of
// worker.py). A cell has its own network namespaces, made by itself and gone with it; what cells share is an
// interpreter that has Mininet loaded, which takes longer to start than many a cell to run.
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
  std::string results = {};            // the folder all cells lie in
};

class Worker {
 public:
  // Its first cell is that in `folder`. Throws EnvironmentError when namespaces are refused.
  // It keeps to one `cpu` (-1: any): a process that moved between two packets would let the second overtake the
  // first, because each CPU has a receive backlog of its own. Real networks do that; a box that only edits must not.
  Worker(const WorkerSettings&, const std::string& folder, int cpu);

  // Another; `folder` holds plan.json, and log/ below it exists. False: it has ended and gets none.
  bool begin(const std::string& folder);
  bool done() const { return done_; }     // with the cell begun last
  bool usable() const { return again_; }  // after done(): nothing of that cell is left in its namespaces

  int pidfd() const { return process_.pidfd.get(); }
  int output() const { return process_.output.get(); }
  bool read();                                // takes what it said; false when there was nothing, or it closed its end
  void stop() { process_.lifeline.reset(); }  // everything in its namespaces ends
  // After pidfd became readable: reaps it, takes the last lines, names an early death. Repeatable.
  void finish();

  // Of the cell begun last.
  const std::vector<std::string>& errors() const { return errors_; }  // "NAME: detail"
  const std::string& phase() const { return phase_; }
  const std::string& took() const { return took_; }  // its own timing, JSON text

 private:
  void line(const std::string&);
  Isolated process_;
  std::string buffer_, phase_ = "start", took_;
  std::vector<std::string> errors_;
  bool done_ = false, again_ = false;
};

}  // namespace gauntlet
