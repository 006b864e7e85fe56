// The endpoint pair of each run: argument lists of `gauntlet serve` and `gauntlet connect`.
#pragma once
#include <array>
#include <string>

#include "lab/cell_plan.hh"
#include "lab/node_setup.hh"

namespace gauntlet {

// In this order in one topology, each on a port of its own: MPTCP with the box left out, plain TCP through it, MPTCP
// through it.
inline constexpr std::array<const char*, 3> kRuns{"baseline", "tcp", "mptcp"};
unsigned port_of(const std::string& run);

// The path the control connection takes: the one of the first box that stands on a path, so that plain TCP meets it,
// too.
unsigned path_of_control(const Cell&);

// What an end may take beside the transfer's own limit: to start, to wait for its sockets to go, to write its report,
// on a machine that has other things to do. Only what hangs meets it.
inline constexpr unsigned kBesideTransferS = 45;

struct EndpointCommands {
  ArgumentList server, client;
  unsigned limit_s = 0;  // a report that comes later is lost
};
EndpointCommands endpoint_commands(const Cell&, const Topology&, const std::string& run, const CellPaths&);

}  // namespace gauntlet
