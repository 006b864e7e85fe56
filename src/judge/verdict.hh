// The verdict on one cell, from its folder alone (docs/evidence.md): armed -> invariants -> expectation.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "scenario/scenario.hh"
#include "util/json.hh"

namespace gauntlet {

enum class Level {
  pass,
  lenient,
  deviation,
  harm,
  error,
  skip,
  not_evaluated
};  // not_evaluated: of a check, never of a cell
const char* name_of(Level);
Level worse(Level, Level);  // error > harm > deviation > lenient > pass

struct Check {
  std::string id;  // "armed.hits", "armed.declared-edits", "armed.baseline", "bytes", "outcome", "counters.client" ...
  std::string clause;  // "RFC 8684 3.7", or empty
  Level level = Level::pass;
  std::string reason;  // short stable name when not pass: "not-armed", "undeclared-edit", "capture-lost" ...
  std::string expected, actual;
  std::string capture;  // relative to the cell's folder
  std::vector<uint64_t> frames;
};

struct Verdict {
  std::string cell, row;
  Level level = Level::error;
  std::optional<Outcome> outcome;
  std::string bytes;                   // I, T, U, C, or empty
  std::optional<std::string> culprit;  // box, sender, receiver
  bool worse_than_tcp = false;
  std::vector<Check> checks;
  std::vector<std::string> story;  // numbered by the printer: what happened, for a person
};

// Reads plan.json, evidence.json and the runs below `folder`; writes diff.jsonl and verdict.json there. Missing or
// damaged evidence is an `error` verdict with its reason, never an exception.
Verdict judge_cell(const std::string& folder);

Json to_json(const Verdict&);

}  // namespace gauntlet
