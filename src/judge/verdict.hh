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

// One direction of one run in which other bytes were delivered than sent.
struct WrongBytes {
  std::string run, way;                // "mptcp", "up"
  char letter = 'C';                   // T, U, C
  uint64_t offset = 0;                 // of the first wrong byte
  std::string kind, origin, why;       // kind: origin.hh; origin and why for a person
  std::optional<uint64_t> belongs_to;  // offset of the bytes found there, in their own stream
  std::optional<std::string> culprit;
  std::string delivered, shadow;  // files in the cell's folder: what was, and what had to be delivered
  uint64_t delivered_bytes = 0, shadow_bytes = 0;
  std::optional<uint64_t> parted;  // offset where the two files first differ; nullopt: they are the same
};

struct Verdict {
  std::string cell, row;
  Level level = Level::error;
  std::optional<Outcome> outcome;
  std::string bytes;                   // I, T, U, C, or empty
  std::optional<std::string> culprit;  // box, sender, receiver
  bool worse_than_tcp = false;
  std::vector<Check> checks;
  std::vector<WrongBytes> wrong;   // of every run
  std::vector<std::string> story;  // numbered by the printer: what happened, for a person
};

// Reads plan.json, evidence.json and the runs below `folder`; writes diff.jsonl and verdict.json there. Missing or
// damaged evidence is an `error` verdict with its reason, never an exception.
Verdict judge_cell(const std::string& folder);

Json to_json(const Verdict&);

}  // namespace gauntlet
