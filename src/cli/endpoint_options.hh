// The options that `gauntlet serve` and `gauntlet connect` share.
#pragma once
#include <optional>

#include "cli/options.hh"
#include "io/endpoint_command.hh"

namespace gauntlet {

std::vector<VerbOption> endpoint_options(std::vector<VerbOption> own);  // the verb's own first
EndpointPlan endpoint_plan(const Options&, bool server);                // throws UsageError
std::optional<EndpointCommand> endpoint_command(const Options&);        // --command: somebody else's program instead

}  // namespace gauntlet
