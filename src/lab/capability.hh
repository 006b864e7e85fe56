// What this machine can run: one probe per thing a cell needs, each with what to do when it is missing.
#pragma once
#include <string>
#include <vector>

#include "lab/worker.hh"
#include "util/json.hh"

namespace gauntlet {

struct Capability {
  std::string name;  // "mptcp", "nfqueue" ...
  bool ok = false;
  std::string detail;  // what was found
  std::string remedy;  // what to do; empty when ok
  bool needed = true;  // without it no cell runs
};

// Looks from outside, then once more inside a worker's namespaces (start_isolated).
std::vector<Capability> capabilities(const std::string& binary);

// The part that runs inside; one JSON line per capability on standard output.
std::vector<Capability> capabilities_inside();

Json to_json(const Capability&);

}  // namespace gauntlet
