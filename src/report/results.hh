// results.jsonl, the one truth of a run: append-only, flushed line by line. Everything else is a pure function of it.
#pragma once
#include <string>
#include <vector>

#include "util/json.hh"

namespace gauntlet {

class ResultsWriter {
 public:
  explicit ResultsWriter(const std::string& path);     // creates; refuses to overwrite (UsageError)
  ~ResultsWriter();
  void write(const Json& record);                      // one line, flushed to the kernel before it returns

 private:
  int fd_ = -1;
};

struct CellResult {
  std::string cell, row, level, outcome, bytes, culprit, gate, reason, replay, artifacts;
  bool worse_than_tcp = false;
  double seconds = 0;
  std::vector<Json> checks;
};

struct Results {
  Json run;
  std::vector<std::string> plan;
  std::vector<CellResult> cells;
  bool complete = false;                               // a summary stands there and adds up to the plan
  std::string damage;                                  // why not complete, or what line could not be read
};

Results read_results(const std::vector<std::string>& paths);   // several files merge; a cut last line is reported, not fatal

}  // namespace gauntlet
