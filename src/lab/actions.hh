// A scenario's [[action]]s as the tools that bring them about in the endpoints' namespaces.
#pragma once
#include "lab/node_setup.hh"
#include "scenario/scenario.hh"

namespace gauntlet {

// `--at` options of `gauntlet serve` or `gauntlet connect` for one run; in the control only what plain TCP can do.
ArgumentList action_options(const Cell&, const Topology&, bool server, const std::string& run, unsigned port);

// The path manager's endpoint a node starts every run with; empty: none.
ArgumentList first_endpoint(const Topology&, const std::string& node, unsigned paths);

struct Preparation {
  std::string node;
  ArgumentList args;
};
// Before each run of a cell with actions: forgets what the run before left in the path managers.
std::vector<Preparation> preparations(const Cell&, const Topology&);

// An action of that end announces its second address: the end has one, and the other end must accept it.
bool announces(const Cell&, bool server);

}  // namespace gauntlet
