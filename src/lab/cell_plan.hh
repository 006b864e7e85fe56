// From a cell to what the worker does, word for word: nodes, links, rules, processes with their argument lists, runs.
// The worker decides nothing; what stands here is what happens.
#pragma once
#include <string>

#include "lab/cuts.hh"
#include "scenario/scenario.hh"
#include "util/json.hh"

namespace gauntlet {

// Somebody else's programs in place of our endpoints (docs/endpoint.md); empty: ours.
struct OwnEndpoints {
  std::vector<std::string> server, client;
  std::string directory;  // both work in
};

struct CellPaths {
  std::string binary;     // absolute
  std::string folder;     // of the cell, absolute
  OwnEndpoints own = {};  // before those that a scenario names
};

// The "lab" member of plan.json. Throws UsageError when the scenario cannot be laid out (unknown node, mixed hooks).
Json lab_plan(const Cell&, const CellPaths&);

// What the cell would start, one command per line with its node in front, for `--dry-run`.
std::string commands_text(const Cell&, const CellPaths&);

// evidence.json (docs/evidence.md section 5) with what the lab found wrong.
Json evidence_of(const Cell&, const std::vector<std::string>& errors);

// A box specification as it is started: `$outside` in a value stands for the outside prefix of the box's router.
std::string spec_of(const BoxUse&, const Node& router);

}  // namespace gauntlet
