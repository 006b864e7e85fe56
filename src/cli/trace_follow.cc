// gauntlet trace --follow FLOW, gauntlet trace HOST -- COMMAND: shadow probing of a real connection.
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "cli/trace_parts.hh"
#include "probe/follow.hh"
#include "probe/locate.hh"
#include "util/error.hh"
#include "util/process.hh"

namespace gauntlet {
namespace {

struct Flow {
  std::string host;
  uint16_t port = 0;
  std::optional<uint16_t> local_port;
};

uint16_t port_in(const std::string& flow, std::string_view text) {
  unsigned n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc() || end != text.data() + text.size() || n == 0 || n > 65535)
    throw UsageError(
        fmt::format("--follow {}: HOST:PORT or HOST:PORT/LOCALPORT is wanted, IPv6 as [ADDRESS]:PORT", flow));
  return static_cast<uint16_t>(n);
}

Flow parse_flow(const std::string& text) {
  Flow flow;
  std::string rest = text;
  if (const size_t slash = rest.find('/'); slash != std::string::npos) {
    flow.local_port = port_in(text, std::string_view(rest).substr(slash + 1));
    rest.resize(slash);
  }
  const size_t colon = rest.rfind(':');
  flow.port = port_in(text, colon == std::string::npos ? "" : std::string_view(rest).substr(colon + 1));
  flow.host = rest.substr(0, colon);
  if (flow.host.size() > 2 && flow.host.front() == '[' && flow.host.back() == ']')
    flow.host = flow.host.substr(1, flow.host.size() - 2);
  return flow;
}

int unreachable(const std::string& why) {
  fmt::print(stderr, "gauntlet trace: {}\n", why);
  return kUnreachable;
}

std::optional<Child> start(const std::vector<std::string>& command) {
  if (command.empty()) return std::nullopt;
  Spawn spawn;
  spawn.arguments = command;
  spawn.in = Stream::inherit;
  spawn.out_fd = STDERR_FILENO;  // standard output is the trace's
  try {
    return std::optional<Child>(std::in_place, spawn);
  } catch (const SystemError& e) {
    throw UsageError(e.what());
  }
}

// One trace per local address: each is a path of its own.
int tell(const Options& options, const Flow& flow, const ShadowProber& shadow, Duration took) {
  const Expectations expected = read_expectations(options);
  std::vector<TraceResult> results;
  TraceReport all;
  for (Observation& o : shadow.seen()) {
    TraceResult r;
    r.report = locate(o);
    r.seen = std::move(o);
    r.took = took;
    all.findings.insert(all.findings.end(), r.report.findings.begin(), r.report.findings.end());
    if (all.reach == Reach::silent) all.reach = r.report.reach;
    all.inconclusive = all.inconclusive || r.report.inconclusive;
    results.push_back(std::move(r));
  }
  if (results.empty())
    return unreachable(
        fmt::format("no connection to {} port {} was seen; start it while this watches, or name it as "
                    "`ss -tn` shows it",
                    flow.host, flow.port));
  const auto unexpected = unexpected_in(expected, all);
  const int code = exit_of(all, unexpected);
  for (const TraceResult& r : results) {
    TraceHeading heading{flow.host, flow.port, true, r.took};
    heading.followed = fmt::format("{} copies of the connection's own packets were sent", shadow.copies());
    print_trace(options, r, heading, code);
  }
  for (const std::string& line : unexpected.value_or(std::vector<std::string>{})) fmt::print(stderr, "{}\n", line);
  return code;
}

}  // namespace

int trace_follow(const Options& options, const std::vector<std::string>& command) {
  Flow flow;
  if (command.empty()) {
    if (!options.words().empty()) throw UsageError("--follow names the host: no HOST beside it");
    refuse(options, {"port"}, "--follow HOST:PORT");
    flow = parse_flow(options.text("follow"));
  } else {
    refuse(options, {"follow"}, "`-- COMMAND`, which is followed to HOST and --port");
    if (options.words().size() != 1) throw UsageError("one HOST is wanted before `-- COMMAND`; see --help");
    flow = {options.words()[0], static_cast<uint16_t>(options.number("port", 1, 65535)), std::nullopt};
  }
  refuse(options, {"probe", "agent", "agent-port", "secret", "syn-only", "targets"}, "a connection that is followed");
  ShadowLimits limits;
  limits.rate = static_cast<uint32_t>(options.number("rate", 1, 100000));
  limits.max_ttl = static_cast<uint8_t>(options.number("max-ttl", 1, 63));
  limits.tries = static_cast<uint8_t>(options.number("tries", 1, 10));
  const Duration longest = std::chrono::seconds(options.number("for", 1, 86400));
  const auto addresses = resolve(flow.host, family_of(options));
  if (addresses.empty()) return unreachable(fmt::format("no address for '{}'", flow.host));
  const IpAddress remote = addresses.front();
  if (addresses.size() > 1)
    fmt::print(stderr,
               "gauntlet trace: {} has {} addresses: {} is watched; name another one, or -4 or -6, for others\n",
               flow.host, addresses.size(), to_text(remote));
  IpAddress source;
  try {
    source = source_towards(remote);
  } catch (const SystemError& e) {
    return unreachable(e.what());
  }
  ShadowProber shadow({remote, flow.port, flow.local_port}, limits);
  FrameFile frames(options);
  RawTransport* live = nullptr;
  RawTransport transport(source, remote, RawTransport::Sees::wire, [&](Time time, Time at, ConstBytes packet) {
    frames.frame(time, packet);
    if (live != nullptr) shadow.saw(at, packet);
  });
  live = &transport;
  std::optional<Child> child = start(command);  // before the privilege is gone: it is the command's own affair
  drop_capabilities();
  const Time begin = transport.now(), end = begin + longest;
  const auto ended = [&] {
    if (child && child->wait(Duration::zero())) return true;
    return (!child || options.given("for")) && transport.now() >= end;
  };
  follow(transport, shadow, {ended, !child});
  if (child && !child->wait(Duration::zero())) {
    fmt::print(stderr, "gauntlet trace: --for is over: the command is ended\n");
    child->terminate(std::chrono::seconds(1));
  }
  live = nullptr;
  frames.close(transport);
  return tell(options, flow, shadow, transport.now() - begin);
}

}  // namespace gauntlet
