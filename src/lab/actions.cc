#include "lab/actions.hh"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace gauntlet {
namespace {

constexpr const char* kId = "1";  // Address ID of a second address; 0 is that of the first subflow

ArgumentList announce(const Topology& t, bool server) {
  return {"ip", "mptcp", "endpoint", "add", server ? t.server_second : t.client[1], "dev", server ? "s-c" : "c-p2",
          "id", kId,     "signal"};
}

ArgumentList tool_of(const Action& a, const Topology& t, unsigned port) {
  const ArgumentList change{"ip", "mptcp", "endpoint", "change", "id", kId};
  switch (a.deed) {
    case Deed::add_address:
      return announce(t, a.by_server);
    case Deed::remove_address:
      return {"ip", "mptcp", "endpoint", "delete", "id", kId};
    case Deed::backup:
    case Deed::no_backup: {
      ArgumentList out = change;
      out.emplace_back(a.deed == Deed::backup ? "backup" : "nobackup");
      return out;
    }
    case Deed::reset_subflow:
      // -K: the kernel aborts the socket as for an ABORT call; -H: a line for each one it did, else nothing.
      return {"ss",    "-K",  "-H",
              "-t",    "src", t.ipv6 ? "[" + t.client[1] + "]" : t.client[1],
              "dport", "=",   fmt::format(":{}", port)};
    case Deed::fastclose:
    case Deed::close:
      break;
  }
  return {};
}

}  // namespace

ArgumentList first_endpoint(const Topology& t, const std::string& node, unsigned paths) {
  if (node != "client" || paths != 2) return {};
  return {"ip", "mptcp", "endpoint", "add", t.client[1], "dev", "c-p2", "id", kId, "subflow"};
}

ArgumentList action_options(const Cell& cell, const Topology& t, bool server, const std::string& run, unsigned port) {
  ArgumentList out;
  for (const Action& a : cell.scenario->actions) {
    if (a.by_server != server || (run == "tcp" && !ends_it(a.deed))) continue;
    Json at{{"after", a.after}, {"do", name_of(a.deed)}, {"tool", tool_of(a, t, port)}};
    at["must_say"] = a.deed == Deed::reset_subflow;
    out.insert(out.end(), {"--at", at.dump()});
  }
  return out;
}

std::vector<Preparation> preparations(const Cell& cell, const Topology& t) {
  std::vector<Preparation> out;
  if (cell.scenario->actions.empty()) return out;
  for (const char* node : {"client", "server"}) {
    out.push_back({node, {"ip", "mptcp", "endpoint", "flush"}});
    if (ArgumentList first = first_endpoint(t, node, cell.paths); !first.empty())
      out.push_back({node, std::move(first)});
  }
  return out;
}

bool announces(const Cell& cell, bool server) {
  return std::any_of(cell.scenario->actions.begin(), cell.scenario->actions.end(),
                     [&](const Action& a) { return a.deed == Deed::add_address && a.by_server == server; });
}

}  // namespace gauntlet
