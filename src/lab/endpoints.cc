#include "lab/endpoints.hh"

#include "lab/actions.hh"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

namespace gauntlet {
namespace {

// What a person named for this run counts before what the scenario brings along.
void add_command(ArgumentList& to, const ArgumentList& ours, const std::string& directory,
                 const ArgumentList& scenarios, const Scenario& scenario) {
  const ArgumentList& command = ours.empty() ? scenarios : ours;
  if (command.empty()) return;
  const std::string folder = std::filesystem::absolute(scenario.file).parent_path().lexically_normal().string();
  to.insert(to.end(),
            {"--command", Json(command).dump(), "--directory", ours.empty() ? folder : directory, "--control"});
}

// A join to the second address arrives at the same listener, where one listens on any address.
std::string listens_on(const Cell& cell, const Topology& t) {
  if (!announces(cell, true)) return t.server;
  return t.ipv6 ? "::" : "0.0.0.0";
}

}  // namespace

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
  if (w.fast_open) both.emplace_back("--fast-open");
  // The box passes everything in the first run: what it learns there, cookie included, the others build on.
  if (w.fast_open && run == kRuns.front()) both.insert(both.end(), {"--cookie-port", "5101"});
  if (w.tick_us > 0) both.insert(both.end(), {"--tick", fmt::to_string(w.tick_us)});
  if (!w.preface_up.empty()) both.insert(both.end(), {"--preface-up", w.preface_up});
  const std::string folder = paths.folder + "/" + run + "/";
  EndpointCommands out;
  out.server = {
      paths.binary, "serve", "--once", "--bind", listens_on(cell, t), "--received", folder + "server.received"};
  out.client = {paths.binary, "connect",
                "--to",       t.server,
                "--bind",     t.client[tcp ? path_of_control(cell) - 1 : 0],
                "--received", folder + "client.received"};
  for (ArgumentList* list : {&out.server, &out.client}) list->insert(list->end(), both.begin(), both.end());
  if (!w.closes_first.empty()) (w.closes_first == "server" ? out.client : out.server).emplace_back("--close-last");
  for (const bool server : {true, false}) {
    const ArgumentList at = action_options(cell, t, server, run, port_of(run));
    ArgumentList& list = server ? out.server : out.client;
    list.insert(list.end(), at.begin(), at.end());
  }
  add_command(out.server, paths.own.server, paths.own.directory, cell.scenario->server_command, *cell.scenario);
  add_command(out.client, paths.own.client, paths.own.directory, cell.scenario->client_command, *cell.scenario);
  out.limit_s = limit + kBesideTransferS;
  return out;
}

}  // namespace gauntlet
