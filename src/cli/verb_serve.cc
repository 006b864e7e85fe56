// gauntlet serve: the server of the endpoint pair. Lines on standard output are docs/evidence.md sections 1 and 3.
#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/endpoint_options.hh"
#include "cli/verb.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

void print_line(const Json& line) {
  fmt::print("{}\n", line.dump());
  std::fflush(stdout);
}

}  // namespace

int verb_serve(Arguments words) {
  if (std::find(words.begin(), words.end(), "--agent") != words.end())
    return serve_agent(words);  // the prober's other side
  const Command command{
      "gauntlet serve --bind ADDR --port P [OPTIONS]",
      "Serves connections over kernel MPTCP (or TCP) and reports each as one line of JSON.",
      endpoint_options({{"bind", "ADDR", "", "numeric address to listen on", VerbOption::required},
                        {"port", "P", "", "port to listen on; 0: any free one", VerbOption::required},
                        {"once", "", "", "one connection, then end (else: one after the other, until SIGTERM)"}}),
      "", "example: gauntlet serve --bind 192.0.2.1 --port 5000 --once --up 1MB --down 1MB --load bulk"};
  const auto options = parse_options(command, words);
  if (!options) return kExitOk;
  EndpointPlan plan = endpoint_plan(*options, true);
  plan.accept_for_ever = !options->flag("once");
  const auto ready = [](uint16_t port) { print_line({{"event", "listening"}, {"port", port}}); };
  const auto own = endpoint_command(*options);
  if (own && plan.accept_for_ever) throw UsageError("--command goes with --once");
  for (;;) {
    const Json report = own ? run_endpoint_command(plan, *own, ready) : run_endpoint(plan, ready);
    print_line(report);
    if (options->flag("once") || report["errno"] == EINTR) return kExitOk;
    plan.port = report["port"].get<uint16_t>();
  }
}

}  // namespace gauntlet
