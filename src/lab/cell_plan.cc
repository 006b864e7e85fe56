#include "lab/cell_plan.hh"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "lab/actions.hh"
#include "lab/endpoints.hh"
#include "lab/queue_rules.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

// The boxes of one router: one process, one queue, one chain.
struct RouterBoxes {
  std::string on;
  Hook at = Hook::post;
  std::vector<const BoxUse*> boxes;
};

Topology topology_of(const Cell& cell) { return two_paths(cell.family == "ipv6", cell.scenario->routers); }

std::vector<RouterBoxes> by_router(const Cell& cell, const Topology& t) {
  std::vector<RouterBoxes> out;
  for (const BoxUse& box : cell.boxes) {
    if (!t.node(box.on).router())
      throw UsageError(
          fmt::format("{}:{}: a box stands on a router, not on {}", cell.scenario->file, box.line, box.on));
    auto here = std::find_if(out.begin(), out.end(), [&](const RouterBoxes& r) { return r.on == box.on; });
    if (here == out.end()) here = out.insert(out.end(), RouterBoxes{box.on, box.at, {}});
    if (here->at != box.at)
      throw UsageError(fmt::format("{}:{}: the boxes on {} are one chain in one queue: give them one `at`",
                                   cell.scenario->file, box.line, box.on));
    here->boxes.push_back(&box);
  }
  return out;
}

Cuts cuts_of(const Topology& t, const std::vector<RouterBoxes>& routers) {
  std::vector<std::string> names;
  for (const RouterBoxes& r : routers) names.push_back(r.on);
  return cuts_around(t, names);
}

// A pre-routing box sends its pieces into one end of a veth pair inside the router: they enter the stack like received
// frames, and the queue rule, which matches the link's interface, leaves them alone.
constexpr const char* kInjectEnd = "inject-in";
constexpr const char* kInjectOther = "inject-out";

ArgumentList box_command(const RouterBoxes& r, const Topology& t, const Cell& cell, const CellPaths& paths) {
  ArgumentList out{paths.binary, "box"};
  for (const BoxUse* box : r.boxes) out.push_back(spec_of(*box, t.node(r.on)));
  out.insert(out.end(), {"--queue", "0", "--control", "--node", r.on, "--seed", fmt::format("0x{:016x}", cell.seed),
                         "--dir-by", "client=" + t.client_side, "--log", paths.folder});
  // What a router makes itself has come in nowhere: there only the addresses say where it goes.
  for (const Port& port : t.node(r.on).ports)
    if (port.toward_client && r.at != Hook::local) out.insert(out.end(), {"--client-side", port.name});
  if (r.at == Hook::pre) out.insert(out.end(), {"--inject", kInjectEnd});
  return out;
}

Json nodes_json(const Topology& t, const Cell& cell, const std::vector<RouterBoxes>& routers) {
  const MptcpSettings mptcp{.checksum_client = cell.checksum[2] == '1',
                            .checksum_server = cell.checksum[3] == '1',
                            .paths = cell.paths,
                            .syn_cookies = cell.scenario->syn_cookies,
                            .deny_join = cell.scenario->deny_join,
                            .receive_buffer = cell.scenario->receive_buffer,
                            .announced = (announces(cell, false) ? 1u : 0u) + (announces(cell, true) ? 1u : 0u),
                            .second_server = announces(cell, true)};
  Json out = Json::array();
  for (const Node& node : t.nodes) {
    NodeSetup setup = set_up(t, node, mptcp);
    for (const RouterBoxes& r : routers) {
      if (r.on != node.name) continue;
      for (ArgumentList& rule : queue_rules(t, node, r.at)) setup.commands.push_back(std::move(rule));
      if (r.at == Hook::pre) add_inject_pair(setup, kInjectEnd, kInjectOther);
    }
    out.push_back({{"name", node.name},
                   {"sysctl", setup.sysctl},
                   {"offloads", {{"interfaces", setup.interfaces}, {"checksum", false}}},
                   {"ip", setup.ip},
                   {"commands", setup.commands}});
  }
  return out;
}

// A control connection takes one path: a box on the other one never sees it.
const char* acts_on(const Cell& cell, const BoxUse& box) {
  const bool met = box.on == "core" || box.on.starts_with(fmt::format("path{}.", path_of_control(cell)));
  return cell.scenario->acts_on_tcp && met ? "both" : "mptcp";
}

}  // namespace

std::string spec_of(const BoxUse& use, const Node& router) {
  BoxText text = use.box;
  for (auto& [name, value] : text.written)
    if (const size_t at = value.find("$outside"); at != std::string::npos) value.replace(at, 8, router.outside);
  return to_text(text);
}

Json lab_plan(const Cell& cell, const CellPaths& paths) {
  const Topology t = topology_of(cell);
  const std::vector<RouterBoxes> routers = by_router(cell, t);
  Json out;
  out["ip"] = t.ipv6 ? ArgumentList{"ip", "-6", "-batch", "-"} : ArgumentList{"ip", "-batch", "-"};
  out["nodes"] = nodes_json(t, cell, routers);
  out["hold"] = {paths.binary, "nodes", std::to_string(t.nodes.size())};
  out["set_up"] = {paths.binary, "set-up"};
  out["links"] = Json::array();
  for (const Wire& w : t.wires)
    out["links"].push_back({{"a", w.a}, {"a_interface", w.a_port}, {"b", w.b}, {"b_interface", w.b_port}});
  out["boxes"] = Json::array();
  for (const RouterBoxes& r : routers)
    out["boxes"].push_back({{"node", r.on}, {"args", box_command(r, t, cell, paths)}});
  Json points = Json::array();
  for (const TappedInterface& p : capture_points(t, cuts_of(t, routers)))
    points.push_back({{"node", p.node}, {"interface", p.interface}});
  out["capture"] = {{"args", {paths.binary, "capture", "--control", "--dir", paths.folder}},
                    {"points", std::move(points)}};
  out["runs"] = Json::array();
  for (const char* run : kRuns) {
    const EndpointCommands e = endpoint_commands(cell, t, run, paths);
    Json prepare = Json::array();
    for (const Preparation& p : preparations(cell, t)) prepare.push_back({{"node", p.node}, {"args", p.args}});
    out["runs"].push_back({{"name", run},
                           {"prepare", std::move(prepare)},
                           {"mode", std::string(run) == "baseline" ? "pass" : "box"},
                           {"limit_s", e.limit_s},
                           {"server", {{"node", "server"}, {"args", e.server}}},
                           {"client", {{"node", "client"}, {"args", e.client}}}});
  }
  return out;
}

Json evidence_of(const Cell& cell, const std::vector<std::string>& errors) {
  const Topology t = topology_of(cell);
  const Cuts cuts = cuts_of(t, by_router(cell, t));
  Json out{{"cell", cell.id},
           {"family", cell.family},
           {"paths", cell.paths},
           {"checksum", cell.checksum},
           {"seed", fmt::format("{:016x}", cell.seed)},
           {"client", t.client},
           {"server", t.server}};
  if (announces(cell, true)) out["server_also"] = {t.server_second};
  for (const char* run : kRuns) out["ports"][run] = port_of(run);
  out["cuts"] = cuts.cuts;
  out["boxes"] = Json::array();
  for (const BoxUse& box : cell.boxes) {
    Json declares = Json::array();
    for (const DeclaredEdit& d : box.declares)
      declares.push_back({{"kind", d.kind}, {"field", d.field}, {"dir", d.dir}});
    const Cuts::Around& around = cuts.of(box.on);
    out["boxes"].push_back({{"on", box.on},
                            {"between", {around.before, around.after}},
                            {"at", name_of(box.at)},
                            {"spec", spec_of(box, t.node(box.on))},
                            {"acts_on", acts_on(cell, box)},
                            {"declares", std::move(declares)}});
  }
  out["runs"] = kRuns;
  out["limits"] = {{"transfer_s", cell.scenario->limit_s}};
  out["errors"] = errors;
  return out;
}

}  // namespace gauntlet
