// gauntlet trace HOST: one host, with probes of our own.
#include <fmt/core.h>

#include "cli/trace_parts.hh"
#include "probe/agent.hh"
#include "util/error.hh"

namespace gauntlet {

int trace_host(const Options& options, const std::string& host) {
  refuse(options, {"rate", "for", "out"}, "one HOST");
  if (!options.flag("agent")) refuse(options, {"agent-port", "secret"}, "a trace without --agent");
  TraceRequest request = trace_request(options);
  const int family = family_of(options);
  const Expectations expected = read_expectations(options);
  const auto addresses = resolve(host, family);
  if (addresses.empty()) {
    fmt::print(stderr, "gauntlet trace: no address for '{}'\n", host);
    return kUnreachable;
  }
  request.destination = addresses.front();
  try {
    request.source = source_towards(request.destination);
  } catch (const SystemError& e) {
    fmt::print(stderr, "gauntlet trace: {}\n", e.what());
    return kUnreachable;
  }
  FrameFile frames(options);
  RawTransport::OnFrame on_frame;
  if (frames.wanted()) on_frame = [&](Time time, Time, ConstBytes packet) { frames.frame(time, packet); };
  RawTransport transport(request.source, request.destination, RawTransport::Sees::host, on_frame);
  drop_capabilities();
  std::optional<RemoteTransport> agent;
  if (options.flag("agent")) {
    const std::string secret = read_secret(options);
    try {
      agent.emplace(request.destination, static_cast<uint16_t>(options.number("agent-port", 1, 65535)), secret);
    } catch (const EnvironmentError& e) {
      fmt::print(stderr, "gauntlet trace: {}\n", e.what());
      return kUnreachable;
    }
    request.agent = &*agent;
    request.agent_address = agent->agent_address();
    request.our_address = agent->our_address();
  }
  const TraceResult result = trace(transport, request);
  frames.close(transport);
  const int code = tell_trace(options, expected, result, {host, request.port, result.established, result.took, ""});
  std::fflush(stdout);  // a kernel takes its time to close a packet socket
  return code;
}

}  // namespace gauntlet
