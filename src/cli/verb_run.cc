#include <fmt/core.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <filesystem>
#include <set>

#include "cli/installation.hh"
#include "cli/options.hh"
#include "cli/verb.hh"
#include "io/endpoint_command.hh"
#include "lab/capability.hh"
#include "lab/jobs.hh"
#include "lab/run_lab.hh"
#include "report/gate.hh"
#include "report/matrix.hh"
#include "report/rates.hh"
#include "report/summary.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMatrix = 40;  // cells: more do not fit a screen

const Command kCommand{
    .usage = "gauntlet run [PATTERN...] [OPTIONS]",
    .purpose =
        "the lab: Mininet, NFQUEUE boxes and kernel MPTCP endpoints; without PATTERN and --filter the tag `core`",
    .options = {{"filter", "EXPR", "", "only cells that match, such as 'opt/* & !slow & ipv4'"},
                {"jobs", "N", "",
                 "cells at once; most of their time they wait (default: 6 per core, fewer where memory is short)"},
                {"shard", "K/N", "1/1", "only the K-th of N parts of the selected cells, by a hash of their ids"},
                {"repeat", "N", "1", "each cell N times"},
                {"shuffle", "", "", "in an order drawn from the seed"},
                {"seed", "S", "1", "of the boxes' choices and of the order"},
                {"out", "DIR", "", "where results go (default: results/TIME-SEED)"},
                {"keep", "WHEN", "failed", "captures and received bytes: always | failed | never"},
                {"expect", "FILE", "", "known deviations; they count as expected, and must still be there"},
                {"scenarios", "DIR", "", "folder of scenario files (default: the project's)"},
                {"server-cmd", "TEXT", "", "a program of yours as the server: words or a JSON list (docs/endpoint.md)"},
                {"client-cmd", "TEXT", "", "the same for the client; both work in this directory"},
                {"no-skips", "", "", "a skipped cell is an error"},
                {"min-run", "N", "1", "fewer cells that ran are an error"},
                {"list", "", "", "print the selected cells and end"},
                {"dry-run", "", "", "print what every selected cell would start and end"}},
    .positional = "PATTERN...",
    .epilogue = "exit: 0 as expected, 1 unexpected result, 2 usage, 3 harness or environment error, 4 nothing ran"};

Keep keep_named(const std::string& word) {
  return word == "always" ? Keep::always : word == "never" ? Keep::never : Keep::failed;
}

Selection selection_of(const Options& o) {
  Selection s{.patterns = o.words(),
              .filter = o.text("filter"),
              .repeat = static_cast<unsigned>(o.number("repeat", 1, 10'000)),
              .shuffle = o.flag("shuffle"),
              .seed = o.number("seed", 0, UINT64_MAX)};
  std::tie(s.shard, s.shards) = parse_shard(o.text("shard"));
  return s;
}

std::string out_folder(const Options& o, uint64_t seed) {
  std::string out = o.text("out");
  if (out.empty()) {
    const std::time_t now = std::time(nullptr);
    std::tm local{};
    ::localtime_r(&now, &local);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%Y%m%d-%H%M%S", &local);
    out = fmt::format("results/{}-{}", text.data(), seed);
  }
  std::error_code failed;
  fs::create_directories(out, failed);
  if (failed) throw UsageError("--out " + out + ": " + failed.message());
  if (fs::exists(fs::path(out) / "results.jsonl"))
    throw UsageError("--out " + out + ": holds results already; name another folder");
  return fs::canonical(out).string();
}

// Stops before the first cell when the machine lacks something every cell needs.
RunFacts checked_facts(uint64_t seed) {
  RunFacts facts;
  utsname u{};
  ::uname(&u);
  facts.tool = GAUNTLET_VERSION;
  facts.kernel = u.release;
  facts.seed = seed;
  std::string missing;
  for (const Capability& c : capabilities(this_binary())) {
    facts.capabilities[c.name] = c.ok ? c.detail : "false";
    if (!c.ok && c.needed) missing += fmt::format("\n  {}: {}\n    -> {}", c.name, c.detail, c.remedy);
  }
  if (!missing.empty())
    throw EnvironmentError("this machine cannot run the lab (gauntlet doctor says more):" + missing);
  return facts;
}

int list(const std::vector<SelectedCell>& cells) {
  for (const SelectedCell& c : cells) fmt::print("{}\n", c.name());
  return cells.empty() ? kExitNothing : kExitOk;
}

OwnEndpoints own_endpoints(const Options& o) {
  OwnEndpoints own;
  if (o.given("server-cmd")) own.server = parse_command(o.text("server-cmd"));
  if (o.given("client-cmd")) own.client = parse_command(o.text("client-cmd"));
  own.directory = fs::current_path().string();
  return own;
}

int dry_run(const std::vector<SelectedCell>& cells, const OwnEndpoints& own) {
  for (const SelectedCell& c : cells)
    fmt::print("{}", commands_text(c.cell, {this_binary(), "cells/" + c.name(), own}));
  return cells.empty() ? kExitNothing : kExitOk;
}

std::string today() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  std::array<char, 16> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d", &local);
  return text.data();
}

// After the last cell, or after a signal: the matrix, what was not expected, where everything lies.
int conclude(const LabRun& run, bool whole, const Options& options) {
  const Results results = read_results({run.out + "/results.jsonl"});
  // A matrix as long as several screens is for `gauntlet report`.
  fmt::print("\n{}\n", results.cells.size() > kMatrix ? run_summary(results) : terminal_matrix(results, run.terminal));
  fmt::print("{}", rates_text(rates_of(results)));
  const GateReport report = gate(results, run.known, {.today = today(), .no_skips = options.flag("no-skips")});
  fmt::print("{}\nresults: {}\n", to_text(report), run.out);
  if (!whole) {
    fmt::print(stderr, "gauntlet run: stopped by a signal after {} of {} cells\n", results.cells.size(),
               results.plan.size());
    return kExitEnvironment;
  }
  const auto ran = static_cast<uint64_t>(
      std::count_if(results.cells.begin(), results.cells.end(), [](const CellResult& c) { return c.level != "skip"; }));
  if (ran > 0 && ran < options.number("min-run", 0, UINT32_MAX)) {
    fmt::print(stderr, "gauntlet run: {} cells ran, --min-run wants {}\n", ran, options.text("min-run"));
    return kExitEnvironment;
  }
  return report.exit;
}

}  // namespace

int verb_run(Arguments arguments) {
  const auto options = parse_options(kCommand, arguments);
  if (!options) return kExitOk;
  const Selection selection = selection_of(*options);
  const OwnEndpoints own = own_endpoints(*options);
  const std::string folder = scenario_folder(options->text("scenarios"));
  const auto scenarios = load_scenarios(folder, box_schemas());
  auto cells = select(scenarios, selection);
  if (options->flag("list")) return list(cells);
  if (options->flag("dry-run")) return dry_run(cells, own);
  if (cells.empty()) {
    fmt::print(stderr, "gauntlet run: no cell of {} matches; gauntlet run --list --filter '*' shows all\n", folder);
    return kExitNothing;
  }
  if (!selection.shuffle)  // what waits longest begins first: nobody waits for it alone at the end
    std::stable_partition(cells.begin(), cells.end(), [](const SelectedCell& c) {
      return std::find(c.cell.tags.begin(), c.cell.tags.end(), "slow") != c.cell.tags.end();
    });
  LabRun run{.worker = {this_binary(),
                        fs::exists(folder + "/lab/worker.py") ? folder + "/lab" : scenario_folder("") + "/lab",
                        {own.directory, fs::absolute(folder).string()}},
             .own = own,
             .out = {},
             .known = {},
             .facts = checked_facts(selection.seed),
             .jobs = options->given("jobs") ? static_cast<unsigned>(options->number("jobs", 1, 1000)) : jobs_here(),
             .keep = keep_named(options->choice("keep", {"always", "failed", "never"})),
             .terminal = ::isatty(STDOUT_FILENO) == 1};
  if (options->given("expect")) run.known = load_expectations(options->text("expect"));
  if (options->given("scenarios"))
    run.replay_options = fmt::format(" --scenarios '{}'", fs::absolute(options->text("scenarios")).string());
  run.out = out_folder(*options, selection.seed);
  // What the catalogue holds beyond this run: a known deviation of such a cell is not stale.
  std::set<std::string> names;
  for (const SelectedCell& c : cells) names.insert(c.cell.id);
  std::vector<std::string> others;
  for (const Cell& cell : catalogue(scenarios, selection.seed))
    if (!names.contains(cell.id)) others.push_back(cell.id);
  for (const char* name : {"server-cmd", "client-cmd"})
    if (options->given(name)) run.replay_options += fmt::format(" --{} '{}'", name, options->text(name));
  const bool whole = run_lab(run, cells, others);
  return conclude(run, whole, *options);
}

}  // namespace gauntlet
