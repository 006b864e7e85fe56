// gauntlet gate: pass or fail against the list of known deviations.
#include <fmt/chrono.h>
#include <fmt/core.h>

#include <ctime>

#include "cli/options.hh"
#include "cli/verb.hh"
#include "report/gate.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

const Command kCommand{
    "gauntlet gate RESULTS.jsonl... [OPTIONS]",
    "is the run as expected? red for what nobody listed, for what is listed and passes, and for every error",
    {{"expect", "FILE", "ci/expectations.toml", "the known deviations; --expect none: nothing is known"},
     {"propose", "", "", "print [[known]] entries for what is unexpected, for a person to complete and paste"},
     {"nightly", "", "", "an entry past its review date, or of a day to come, is red, not a warning"},
     {"no-skips", "", "", "a skipped cell is an error"},
     {"today", "DATE", "", "the day that the dates of entries are compared with (default: today)"}},
    "RESULTS.jsonl...",
    "exit: 0 as expected; 1 unexpected level, known one that passed, stale entry; 2 usage; 3 error or incomplete run; "
    "4 nothing ran"};

// The day in UTC: the only clock a gate needs, and --today replaces it.
std::string today() { return fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::time(nullptr))); }

bool is_date(const std::string& text) {
  if (text.size() != 10) return false;
  for (size_t i = 0; i < 10; ++i)
    if (i == 4 || i == 7 ? text[i] != '-' : text[i] < '0' || text[i] > '9') return false;
  return true;
}

}  // namespace

int verb_gate(Arguments words) {
  const auto options = parse_options(kCommand, words);
  if (!options) return kExitOk;
  if (options->words().empty()) throw UsageError("name at least one results.jsonl; see gauntlet gate --help");
  const std::string file = options->text("expect");
  std::vector<Known> known;
  if (file != "none") known = load_expectations(file);
  GateOptions how;
  how.today = options->given("today") ? options->text("today") : today();
  if (!is_date(how.today)) throw UsageError(fmt::format("--today {}: write a day as 2026-11-20", how.today));
  how.nightly = options->flag("nightly");
  how.no_skips = options->flag("no-skips");
  const GateReport report = gate(read_results(options->words()), known, how);
  const bool propose_too = options->flag("propose");  // then stdout holds entries only
  fmt::print(propose_too ? stderr : stdout, "{}", to_text(report));
  if (propose_too) fmt::print("{}", propose(report, how.today));
  return report.exit;
}

}  // namespace gauntlet
