#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>

#include "capture/capture.hh"
#include "cli/options.hh"
#include "cli/verb.hh"
#include "probe/agent.hh"
#include "probe/expect.hh"
#include "probe/raw_transport.hh"
#include "probe/render.hh"
#include "probe/trace.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

// The prober's own exit codes (docs: README, "Exit codes"); after sysexits.h where that has one.
enum TraceExit {
  kClean = 0,
  kInterference = 10,
  kNotAsExpected = 11,
  kInconclusive = 20,
  kBadUsage = 64,
  kUnreachable = 69,
  kNoPrivilege = 77
};

const Command kCommand{
    "gauntlet trace HOST [OPTIONS]",
    "finds the hop that strips, rewrites, proxies or drops Multipath TCP",
    {{"port", "P", "80", "TCP port of HOST"},
     {"ipv4", "", "", "IPv4 only; -4 for short"},
     {"ipv6", "", "", "IPv6 only; -6 for short"},
     {"probe", "SPEC", "", "a probe's name or spec, see gauntlet list probes", VerbOption::repeated},
     {"syn-only", "", "", "of the battery, only what needs no connection"},
     {"max-ttl", "N", "30", "hops to look at, at most 63"},
     {"tries", "N", "3", "how often a silent hop is asked"},
     {"agent", "", "", "ask the agent at HOST (gauntlet serve --agent) what arrived; trace the way back, too"},
     {"agent-port", "P", "8685", "its port"},
     {"secret", "FILE", "", "file that holds the secret shared with the agent"},
     {"json", "", "", "the whole trace as JSON (probe/trace.schema.json)"},
     {"pcap", "FILE", "", "every packet that left and came in, as pcapng"},
     {"expect", "FILE", "", "one finding's id per line; exit 11 when it is not so"}},
    "HOST",
    "Exit: 0 nothing found or all as expected, 10 interference, 11 not as --expect says, 20 inconclusive, 64 usage,\n"
    "69 unreachable or no such name, 77 no privilege. Needs CAP_NET_RAW: root, or setcap cap_net_raw+ep gauntlet.\n"
    "Example: gauntlet trace -4 example.net --port 443"};

std::string read_file(const char* option, const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw UsageError(fmt::format("--{} {}: cannot be read", option, path));
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string read_secret(const Options& options) {
  if (!options.given("secret")) throw UsageError("--agent needs --secret FILE, the same as the agent's");
  std::string secret = read_file("secret", options.text("secret"));
  while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r')) secret.pop_back();
  return secret;
}

int exit_of(const TraceReport& report, const std::optional<std::vector<std::string>>& unexpected) {
  if (unexpected && report.reach != Reach::silent) return unexpected->empty() ? kClean : kNotAsExpected;
  if (!report.findings.empty()) return kInterference;
  if (report.reach == Reach::silent || report.reach == Reach::unreachable) return kUnreachable;
  return report.inconclusive ? kInconclusive : kClean;
}

int run_trace(const Options& options) {
  if (options.words().size() != 1) throw UsageError("one HOST is wanted; see --help");
  if (options.flag("ipv4") && options.flag("ipv6")) throw UsageError("--ipv4 and --ipv6 exclude each other");
  const std::string& host = options.words()[0];
  TraceRequest request;
  request.port = static_cast<uint16_t>(options.number("port", 1, 65535));
  request.probes = options.all("probe");
  request.syn_only = options.flag("syn-only");
  request.limits.max_ttl = static_cast<uint8_t>(options.number("max-ttl", 1, 63));
  request.limits.tries = static_cast<uint8_t>(options.number("tries", 1, 10));
  (void)wanted_probes(request, false);
  std::optional<std::vector<Expectation>> expected;
  if (options.given("expect"))
    expected = parse_expectations(read_file("expect", options.text("expect")), options.text("expect"));
  const auto addresses = resolve(host, options.flag("ipv4") ? 4 : options.flag("ipv6") ? 6 : 0);
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
  std::optional<CaptureWriter> capture;
  if (options.given("pcap")) capture.emplace(options.text("pcap"), "trace", LinkType::raw);
  RawTransport::OnFrame on_frame;
  if (capture) on_frame = [&](Time time, ConstBytes packet) { capture->frame(time, packet); };
  RawTransport transport(request.source, request.destination, on_frame);
  drop_capabilities();
  std::optional<RemoteTransport> agent;
  if (options.flag("agent")) {
    agent.emplace(request.destination, static_cast<uint16_t>(options.number("agent-port", 1, 65535)),
                  read_secret(options));
    request.agent = &*agent;
    request.agent_address = agent->agent_address();
    request.our_address = agent->our_address();
  }
  const TraceResult result = trace(transport, request);
  if (capture) {
    while (transport.receive(transport.now())) {  // what has arrived in the meantime is part of the capture
    }
    capture->close();
  }
  std::optional<std::vector<std::string>> unexpected;
  if (expected) unexpected = differences(*expected, result.report);
  const int code = exit_of(result.report, unexpected);
  const TraceHeading heading{host, request.port, result.established, result.took};
  if (options.flag("json")) {
    fmt::print("{}\n", trace_json(result.seen, result.back, result.report, heading, code).dump());
  } else {
    fmt::print("{}", trace_table(result.seen, result.report, heading));
  }
  for (const std::string& line : unexpected.value_or(std::vector<std::string>{})) fmt::print(stderr, "{}\n", line);
  return code;
}

const Command kAgent{
    "gauntlet serve --agent --secret FILE [OPTIONS]",
    "answers gauntlet trace --agent: tells what arrived, sends probes back; only to who knows the secret",
    {{"agent", "", "", "this"},
     {"secret", "FILE", "", "file that holds the shared secret, 8 characters or more", VerbOption::required},
     {"port", "P", "8685", "port to listen on"},
     {"once", "", "", "one session, then end"}},
    "",
    "Needs CAP_NET_RAW. A client may have packets sent to its own address only, 20000 a session."};

}  // namespace

int serve_agent(Arguments words) {
  const auto options = parse_options(kAgent, words);
  if (!options) return kExitOk;
  run_agent(static_cast<uint16_t>(options->number("port", 1, 65535)), read_secret(*options), options->flag("once"));
  return kExitOk;
}

int verb_trace(Arguments given) {
  std::vector<std::string> words(given.begin(), given.end());
  std::replace(words.begin(), words.end(), std::string("-4"), std::string("--ipv4"));
  std::replace(words.begin(), words.end(), std::string("-6"), std::string("--ipv6"));
  try {
    const auto options = parse_options(kCommand, words);
    return options ? run_trace(*options) : kClean;
  } catch (const UsageError& e) {
    fmt::print(stderr, "gauntlet trace: {}\n", e.what());
    return kBadUsage;
  } catch (const EnvironmentError& e) {
    fmt::print(stderr, "gauntlet trace: {}\n", e.what());
    return kNoPrivilege;
  }
}

}  // namespace gauntlet
