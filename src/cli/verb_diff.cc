#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "cli/options.hh"
#include "cli/verb.hh"
#include "judge/diff.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

const Command kCommand{
    "gauntlet diff A.pcap B.pcap [OPTIONS]",
    "what happened between two captures of the same traffic",
    {{"json", "", "", "one JSON record per difference, then a summary"},
     {"late", "MS", "50", "took so much longer than the quickest: delayed; 0: not looked for (needs one clock)"},
     {"server", "ADDRESS", "", "an address of the server: says which way is to the server", VerbOption::repeated}},
    "A.pcap B.pcap",
    "A is the capture nearer the client. Exit: 0 no difference, 1 differences, 2 a capture cannot be read\n"
    "or nothing is to compare.\n"
    "Captures of any size: what is too large to copy is mapped, so it must be a file then, not a pipe.\n"
    "Example: gauntlet diff c-p1.pcapng s-c.pcapng"};

// One line per kind, field and direction: how often, where first.
void print_table(const Diff& diff) {
  struct Line {
    uint64_t records = 0, segments = 0;
    const Difference* first = nullptr;
  };
  std::map<std::string, Line> lines;
  std::vector<std::string> order;
  for (const Difference& d : diff.differences) {
    const std::string key = fmt::format("{:<20} {:<18} {}", d.kind, d.field, name_of(d.way));
    Line& line = lines[key];
    if (line.records++ == 0) line.first = &d, order.push_back(key);
    line.segments += d.count;
  }
  fmt::print("{:<20} {:<18} {:<4} {:>8} {:>9}  first\n", "kind", "field", "dir", "records", "segments");
  for (const std::string& key : order) {
    const Line& line = lines[key];
    const Difference& d = *line.first;
    std::string where = d.flow_name;
    if (d.offset >= 0) where += fmt::format(" offset {}", d.offset);
    if (!d.client.empty()) where += fmt::format(" A#{}", d.client.front().number);
    if (!d.server.empty()) where += fmt::format(" B#{}", d.server.front().number);
    std::string what =
        d.before.empty() && d.after.empty()
            ? ""
            : fmt::format(": {} -> {}", d.before.empty() ? "-" : d.before, d.after.empty() ? "-" : d.after);
    fmt::print("{:<20} {:<18} {:<4} {:>8} {:>9}  {}{}\n", d.kind, d.field, name_of(d.way), line.records, line.segments,
               where, what);
  }
}

void print_flows(const Diff& diff) {
  for (size_t i = 0; i < diff.flows.size(); ++i) {
    const PairedFlow& f = diff.flows[i];
    fmt::print("flow {}: {}{}, paired by {}\n", i, f.client_name.empty() ? "not in A" : f.client_name,
               f.server_name.empty()            ? " | not in B"
               : f.server_name == f.client_name ? ""
                                                : " | in B " + f.server_name,
               name_of(f.by));
  }
}

}  // namespace

int verb_diff(Arguments arguments) {
  const auto options = parse_options(kCommand, arguments);
  if (!options) return kExitOk;
  if (options->words().size() != 2) throw UsageError("two captures are needed: gauntlet diff A.pcap B.pcap");
  DiffOptions how;
  for (const std::string& text : options->all("server")) {
    const auto address = address_named(text, 0);
    if (!address) throw UsageError(fmt::format("--server {}: not an IPv4 or IPv6 address", text));
    how.servers.push_back(*address);
  }
  how.late = std::chrono::milliseconds(options->number("late", 0, 86'400'000));
  const Trace a = Trace::read({options->words()[0]}), b = Trace::read({options->words()[1]});
  const Diff diff = diff_traces(a, b, how);
  const std::string damage = a.damage() + (a.damage().empty() || b.damage().empty() ? "" : "; ") + b.damage();
  if (options->flag("json")) {
    for (const Difference& d : diff.differences)
      fmt::print("{}\n", to_json(d).dump(-1, ' ', false, Json::error_handler_t::replace));
    const Json summary = {{"summary", true},
                          {"compared", diff.compared},
                          {"differences", diff.differences.size()},
                          {"omitted", diff.omitted},
                          {"edges", diff.edges},
                          {"options_cut", diff.options_cut},
                          {"flows", diff.flows.size()},
                          {"shared_clock", diff.shared_clock},
                          {"damage", damage}};
    fmt::print("{}\n", summary.dump(-1, ' ', false, Json::error_handler_t::replace));
  } else {
    print_flows(diff);
    fmt::print("{} segments and packets on both sides, {} differences", diff.compared,
               diff.differences.size() + diff.omitted);
    if (diff.edges > 0) fmt::print(", {} in flight when a capture began or ended", diff.edges);
    if (diff.options_cut > 0) fmt::print(", the TCP options of {} not captured and not compared", diff.options_cut);
    fmt::print("{}\n", diff.shared_clock ? "" : " (the captures' clocks differ: times were not used)");
    if (!diff.differences.empty()) print_table(diff);
  }
  if (!damage.empty()) {
    fmt::print(stderr, "gauntlet diff: {} (what came before it was compared)\n", damage);
    return kExitUsage;
  }
  if (!diff.differences.empty()) return kExitUnexpected;
  if (diff.compared > 0) return kExitOk;
  fmt::print(stderr, "gauntlet diff: nothing was compared: no packet is in both captures\n");
  return kExitUsage;
}

}  // namespace gauntlet
