// gauntlet trace: the prober. Its three ways to run are in trace_host.cc, trace_follow.cc and trace_targets.cc.
#include <fmt/core.h>

#include <algorithm>

#include "cli/trace_parts.hh"
#include "cli/verb.hh"
#include "probe/agent.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

const Command kCommand{
    "gauntlet trace HOST [OPTIONS]\n"
    "       gauntlet trace HOST [OPTIONS] -- COMMAND...    follow the command's connections to HOST\n"
    "       gauntlet trace --follow HOST:PORT[/LOCALPORT] [OPTIONS]\n"
    "       gauntlet trace --targets FILE [--out FILE] [OPTIONS]",
    "finds the hop that strips, rewrites, proxies or drops Multipath TCP",
    {{"port", "P", "80", "TCP port of HOST"},
     {"ipv4", "", "", "IPv4 only; -4 for short"},
     {"ipv6", "", "", "IPv6 only; -6 for short"},
     {"probe", "SPEC", "",
      "a probe by name, by its words (syn/mss=1460/ws=7/mpcapable) or hex=SEGMENT; see gauntlet list probes",
      VerbOption::repeated},
     {"syn-only", "", "", "of the battery, only what needs no connection"},
     {"max-ttl", "N", "30", "hops to look at, at most 63"},
     {"tries", "N", "3", "how often a silent hop is asked"},
     {"follow", "FLOW", "", "watch a real connection and send copies of its own packets with small TTLs"},
     {"targets", "FILE", "", "trace every host of FILE (lines of HOST [PORT]), one line of JSON each"},
     {"out", "FILE", "", "with --targets: append results here; what is in it already is not traced again"},
     {"rate", "N", "100", "packets in any second, at most, with --follow; with --targets 1000 if not given"},
     {"for", "SECONDS", "60", "how long to follow; with COMMAND: until it ends, if not given"},
     {"agent", "", "", "ask the agent at HOST (gauntlet serve --agent) what arrived; trace the way back, too"},
     {"agent-port", "P", "8685", "its port"},
     {"secret", "FILE", "", "file that holds the secret shared with the agent"},
     {"json", "", "", "the whole trace as JSON (probe/trace.schema.json)"},
     {"pcap", "FILE", "", "every packet that left and came in, as pcapng"},
     {"expect", "FILE", "", "one finding's id per line; exit 11 when it is not so"}},
    "HOST",
    "Exit: 0 nothing found or all as expected, 10 interference, 11 not as --expect says, 20 inconclusive, 64 usage,\n"
    "69 unreachable, no such name or no agent, 74 the results cannot be written, 77 no privilege. Needs CAP_NET_RAW: "
    "root, or setcap cap_net_raw+ep "
    "gauntlet.\n"
    "Example: gauntlet trace -4 example.net --port 443"};

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
  const auto dashes = std::find(given.begin(), given.end(), "--");
  std::vector<std::string> words(given.begin(), dashes), command;
  if (dashes != given.end()) command.assign(dashes + 1, given.end());
  std::replace(words.begin(), words.end(), std::string("-4"), std::string("--ipv4"));
  std::replace(words.begin(), words.end(), std::string("-6"), std::string("--ipv6"));
  try {
    const auto options = parse_options(kCommand, words);
    if (!options) return kClean;
    if (dashes != given.end() && command.empty()) throw UsageError("a command is wanted behind `--`");
    if (options->given("targets") && command.empty()) return trace_targets(*options);
    if (options->given("targets")) throw UsageError("--targets names the hosts: no `-- COMMAND` beside it");
    if (options->given("out")) throw UsageError("--out goes with --targets only");
    if (options->given("follow") || !command.empty()) return trace_follow(*options, command);
    if (options->words().size() != 1) throw UsageError("one HOST is wanted; see --help");
    return trace_host(*options, options->words()[0]);
  } catch (const UsageError& e) {
    fmt::print(stderr, "gauntlet trace: {}\n", e.what());
    return kBadUsage;
  } catch (const EnvironmentError& e) {
    fmt::print(stderr, "gauntlet trace: {}\n", e.what());
    return kNoPrivilege;
  } catch (const SystemError& e) {
    fmt::print(stderr, "gauntlet trace: {}\n", e.what());
    return exit_of(e);
  }
}

}  // namespace gauntlet
