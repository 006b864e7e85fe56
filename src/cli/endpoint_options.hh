// The options that `gauntlet serve` and `gauntlet connect` share.
#pragma once
#include "cli/options.hh"
#include "io/endpoint.hh"

namespace gauntlet {

std::vector<VerbOption> endpoint_options(std::vector<VerbOption> own);  // the verb's own first
EndpointPlan endpoint_plan(const Options&, bool server);                // throws UsageError

}  // namespace gauntlet
