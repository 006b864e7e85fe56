#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/installation.hh"
#include "cli/options.hh"
#include "cli/verb.hh"
#include "lab/capability.hh"

namespace gauntlet {
namespace {

const Command kCommand{.usage = "gauntlet doctor [--json]",
                       .purpose = "what this machine can run; one line each, what to do about each \"no\"",
                       .options = {{"json", "", "", "an array of {name, ok, detail, remedy, needed}"}},
                       .positional = "",
                       .epilogue = "exit: 0 everything needed is there, 3 something needed is missing"};

void print(const Capability& c) {
  fmt::print("{:<3} {:<15} {}\n", c.ok ? "yes" : "no", c.name, c.detail);
  if (!c.ok && !c.remedy.empty()) fmt::print("    {:<15} -> {}\n", "", c.remedy);
}

}  // namespace

int verb_doctor(Arguments arguments) {
  // What start_isolated runs inside a worker's namespaces; the outside half reads it.
  if (arguments.size() == 1 && arguments[0] == "--inside") {
    for (const Capability& c : capabilities_inside()) fmt::print("{}\n", to_json(c).dump());
    return kExitOk;
  }
  const auto options = parse_options(kCommand, arguments);
  if (!options) return kExitOk;
  const auto all = capabilities(this_binary());
  if (options->flag("json")) {
    Json list = Json::array();
    for (const Capability& c : all) list.push_back(to_json(c));
    fmt::print("{}\n", list.dump(1));
  } else {
    for (const Capability& c : all) print(c);
  }
  const bool fine = std::all_of(all.begin(), all.end(), [](const Capability& c) { return c.ok || !c.needed; });
  return fine ? kExitOk : kExitEnvironment;
}

}  // namespace gauntlet
