// gauntlet connect: the client of the endpoint pair (docs/evidence.md section 3).
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "cli/endpoint_options.hh"
#include "cli/verb.hh"

namespace gauntlet {

int verb_connect(Arguments words) {
  const Command command{
      "gauntlet connect --to ADDR --port P [OPTIONS]",
      "Connects to `gauntlet serve` and reports as one line of JSON. A failed transfer is a result: exit 0.",
      endpoint_options({{"to", "ADDR", "", "numeric address of the server", VerbOption::required},
                        {"port", "P", "", "port of the server", VerbOption::required},
                        {"bind", "ADDR", "", "numeric address to connect from"}}),
      "", "example: gauntlet connect --to 192.0.2.1 --port 5000 --up 1MB --down 1MB --load bulk"};
  const auto options = parse_options(command, words);
  if (!options) return kExitOk;
  EndpointPlan plan = endpoint_plan(*options, false);
  plan.to = options->text("to");
  const auto own = endpoint_command(*options);
  fmt::print("{}\n", (own ? run_endpoint_command(plan, *own) : run_endpoint(plan)).dump());
  return kExitOk;
}

}  // namespace gauntlet
