// results.jsonl, the one truth of a run: append-only, flushed line by line. Everything else is a pure function of it.
// The words (level, outcome, bytes, gate, culprit) are text here: the report knows no judge.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "util/json.hh"

namespace gauntlet {

class ResultsWriter {
 public:
  explicit ResultsWriter(const std::string& path);  // creates; refuses to overwrite (UsageError)
  ~ResultsWriter();
  ResultsWriter(const ResultsWriter&) = delete;
  ResultsWriter& operator=(const ResultsWriter&) = delete;
  void write(const Json& record);  // one line, handed to the kernel in one piece before it returns

 private:
  std::string path_;
  int fd_ = -1;
};

struct RunFacts {
  std::string tool, kernel, commit;  // "0.1.0", "6.18.5", "" when not known
  uint64_t seed = 0;
  std::map<std::string, std::string> capabilities;  // "nfqueue" -> "iptables"; "true" and "false" become JSON's own
};

struct CheckResult {
  std::string id, clause, level, reason, expected, actual, capture;  // level may be not_evaluated
  std::vector<uint64_t> frames;                                      // of `capture`, counted from 1
  std::string known = {};                                            // the reason of the entry that lists it
};

struct CellResult {
  std::string cell, row, level, outcome, bytes, culprit;  // empty: null in the file
  std::string known;                                      // the first reason among its checks; empty: null
  std::string gate = "ok";                                // ok, known, unexpected, xpass
  std::string reason;                                     // why it is not pass, one line
  std::string undecided;  // the scenario's: the peer decides either way, what was seen how often; usually empty
  std::string replay, artifacts;
  std::string file;  // the scenario's, and the line of the [[expect]] the cell was judged by; empty and 0: not known
  int line = 0;
  bool worse_than_tcp = false;
  double seconds = 0;
  std::vector<CheckResult> checks;  // records of their own, before the cell's
  std::string kernel;               // of its run record (filled by read_results)
};

// The records of reporting.md section 6, in the order they are written: run, plan, (check..., cell)..., summary.
Json run_record(const RunFacts&);
// `others`: cells of the catalogue that this run left out on purpose; a known deviation of theirs is not stale.
Json plan_record(const std::vector<std::string>& cells, const std::vector<std::string>& others);
Json check_record(const std::string& cell, const CheckResult&);
Json cell_record(const CellResult&);
Json summary_record(size_t planned, const std::vector<CellResult>&);
void write_cell(ResultsWriter&, const CellResult&);  // its checks, then itself

struct Results {
  std::vector<RunFacts> runs;  // one per file
  std::vector<std::string> plan, others;
  std::vector<CellResult> cells;
  bool complete = false;            // every file has a summary that adds up to its plan, and no damage
  std::vector<std::string> damage;  // why not: "FILE:LINE: what", one per fault
};

// Several files (shards) merge. A cut last line or a damaged one is reported, the rest is kept. Throws UsageError when
// a file cannot be read at all.
Results read_results(const std::vector<std::string>& paths);

// The id of a cell without its round: "a@ipv4~3" is the third run of "a@ipv4" with --repeat.
std::string without_round(const std::string& cell);

extern const std::vector<std::string> kLevels;  // pass lenient deviation harm error skip: closed, in this order

}  // namespace gauntlet
