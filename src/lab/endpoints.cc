#include "lab/endpoints.hh"

#include <fmt/format.h>

#include <algorithm>

namespace gauntlet {

unsigned path_of_control(const Cell& cell) {
  const auto found = std::find_if(cell.boxes.begin(), cell.boxes.end(), [](const BoxUse& b) { return b.on != "core"; });
  return found != cell.boxes.end() && found->on.starts_with("path2.") ? 2 : 1;
}

unsigned port_of(const std::string& run) {
  const auto found = std::find(kRuns.begin(), kRuns.end(), run);
  return 5001 + static_cast<unsigned>(found - kRuns.begin());
}

EndpointCommands endpoint_commands(const Cell& cell, const Topology& t, const std::string& run,
                                   const CellPaths& paths) {
  const bool tcp = run == "tcp";
  const unsigned limit = cell.scenario->limit_s;
  // What both ends must agree on, or their reports cannot be compared.
  const Workload& w = cell.scenario->workload;
  ArgumentList both{"--port",       fmt::to_string(port_of(run)),
                    "--proto",      tcp ? "tcp" : "mptcp",
                    "--run",        run,
                    "--load",       name_of(cell.load),
                    "--up",         fmt::to_string(w.up),
                    "--down",       fmt::to_string(w.down),
                    "--subflows",   tcp ? "1" : fmt::to_string(cell.paths),
                    "--write",      fmt::to_string(w.write),
                    "--congestion", "reno",
                    "--limit",      fmt::to_string(limit * 1000)};
  if (!w.preface_up.empty()) both.insert(both.end(), {"--preface-up", w.preface_up});
  const std::string folder = paths.folder + "/" + run + "/";
  EndpointCommands out;
  out.server = {paths.binary, "serve", "--once", "--bind", t.server, "--received", folder + "server.received"};
  out.client = {paths.binary, "connect",
                "--to",       t.server,
                "--bind",     t.client[tcp ? path_of_control(cell) - 1 : 0],
                "--received", folder + "client.received"};
  for (ArgumentList* list : {&out.server, &out.client}) list->insert(list->end(), both.begin(), both.end());
  out.limit_s = limit + 15;  // the transfer's own limit, then waiting for the sockets to go
  return out;
}

}  // namespace gauntlet
