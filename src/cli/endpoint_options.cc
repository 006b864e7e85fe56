#include "cli/endpoint_options.hh"

#include <fmt/core.h>

#include "util/box_schema.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

uint64_t size_option(const Options& o, const char* name) {
  const auto bytes = parse_size(o.text(name));
  if (!bytes || *bytes < 0 || *bytes > int64_t{1} << 40) {
    throw UsageError(fmt::format("--{} {}: a size from 0 to 1 TiB is needed, such as 200000, '200 kB' or 64KiB", name,
                                 o.text(name)));
  }
  return static_cast<uint64_t>(*bytes);
}

Duration ms_option(const Options& o, const char* name) {
  return std::chrono::milliseconds(static_cast<int64_t>(o.number(name, 0, 86'400'000)));
}

EndpointLoad load_named(const std::string& name) {
  return name == "bulk" ? EndpointLoad::bulk : name == "pingpong" ? EndpointLoad::pingpong : EndpointLoad::paced;
}

}  // namespace

std::vector<VerbOption> endpoint_options(std::vector<VerbOption> own) {
  const std::vector<VerbOption> shared{
      {"proto", "P", "mptcp", "mptcp or tcp"},
      {"up", "SIZE", "200 kB", "bytes the client sends; both ends must say the same"},
      {"down", "SIZE", "200 kB", "bytes the server sends; both ends must say the same"},
      {"preface-up", "TEXT", "", "what the client sends before that, a write per line; the same at both ends"},
      {"tag", "N", "0", "number that names these two streams in their payload; the same at both ends"},
      {"load", "L", "paced", "paced (a write per tick), bulk (large writes), pingpong (turns)"},
      {"write", "BYTES", "0", "of one write or turn; 0: 1000, for bulk 65536. Pingpong: the same at both ends"},
      {"tick", "US", "1000", "microseconds between two paced writes"},
      {"subflows", "N", "1", "wait for so many established subflows before sending; both ends alike"},
      {"subflow-wait", "MS", "2000", "but no longer than this"},
      {"no-wait", "", "", "do not wait for subflows, whatever --subflows says"},
      {"fast-open", "", "", "TCP Fast Open: the first bytes go with the SYN; both ends alike"},
      {"cookie-port", "P", "0",
       "with --fast-open: first fetch the cookie over plain TCP on this port; both ends alike"},
      {"congestion", "NAME", "", "congestion control of the socket, such as reno"},
      {"stall", "MS", "5000", "no progress for so long ends the run: stalled"},
      {"limit", "MS", "20000", "the whole run, up to the close"},
      {"close-last", "", "", "end the stream only when the other end has"},
      {"linger-limit", "MS", "5000", "wait until the kernel has no socket of the run left"},
      {"received", "FILE", "", "write the received bytes there"},
      {"run", "NAME", "", "name of the run, for the report"},
      {"at", "JSON", "", "in mid-stream: {\"after\":BYTES,\"do\":\"fastclose\"}, \"close\" or a \"tool\":[...]",
       VerbOption::repeated},
      {"command", "TEXT", "", "run this program in place of the endpoint: words, or a JSON list (docs/endpoint.md)"},
      {"directory", "DIR", "", "working directory of --command"},
      {"control", "", "", "with --command: end of standard input ends it"}};
  own.insert(own.end(), shared.begin(), shared.end());
  return own;
}

EndpointPlan endpoint_plan(const Options& o, bool server) {
  EndpointPlan p;
  p.server = server;
  p.mptcp = o.choice("proto", {"mptcp", "tcp"}) == "mptcp";
  p.bind = o.text("bind");
  p.port = static_cast<uint16_t>(o.number("port", server ? 0 : 1, 65535));
  p.up = size_option(o, "up");
  p.down = size_option(o, "down");
  p.preface_up = o.text("preface-up");
  p.tag = static_cast<uint32_t>(o.number("tag", 0, UINT32_MAX));
  p.load = load_named(o.choice("load", {"paced", "bulk", "pingpong"}));
  if (!p.preface_up.empty() && p.load == EndpointLoad::pingpong)
    throw UsageError("--preface-up does not go with --load pingpong, whose turns count bytes; take paced or bulk");
  p.write = o.number("write", 0, 1 << 20);
  p.tick = std::chrono::microseconds(static_cast<int64_t>(o.number("tick", 1, 60'000'000)));
  p.subflows = static_cast<unsigned>(o.number("subflows", 1, 32));
  p.subflow_wait = ms_option(o, "subflow-wait");
  if (o.flag("no-wait")) p.wait = false;
  p.fast_open = o.flag("fast-open");
  p.cookie_port = static_cast<uint16_t>(o.number("cookie-port", 0, 65535));
  if (p.cookie_port != 0 && !p.fast_open) throw UsageError("--cookie-port goes with --fast-open");
  p.congestion = o.text("congestion");
  p.stall = ms_option(o, "stall");
  p.limit = ms_option(o, "limit");
  p.linger_limit = ms_option(o, "linger-limit");
  p.closes_last = o.flag("close-last");
  p.received = o.text("received");
  p.run = o.text("run");
  for (const std::string& text : o.all("at")) p.actions.push_back(parse_action(text));
  return p;
}

std::optional<EndpointCommand> endpoint_command(const Options& o) {
  if (!o.given("command")) return std::nullopt;
  if (o.given("at"))
    throw UsageError("--at: a program of somebody else's does nothing in mid-stream; leave out --command");
  return EndpointCommand{parse_command(o.text("command")), o.text("directory"), o.flag("control")};
}

}  // namespace gauntlet
