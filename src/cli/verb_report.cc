// gauntlet report: results.jsonl for people. Reads results, judges nothing.
#include <fmt/core.h>
#include <unistd.h>

#include "cli/options.hh"
#include "cli/verb.hh"
#include "report/matrix.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

const Command kCommand{
    "gauntlet report RESULTS.jsonl... [OPTIONS]",
    "the matrix of one run, or of several shards together",
    {{"markdown", "", "", "as Markdown, for job summaries and pages"},
     {"colour", "WHEN", "auto", "colour the matrix: auto (on a terminal), always, never"}},
    "RESULTS.jsonl...",
    "exit: 0 printed; 2 no such file; 3 the results are damaged or the run did not end (what there is is printed)"};

}  // namespace

int verb_report(Arguments words) {
  const auto options = parse_options(kCommand, words);
  if (!options) return kExitOk;
  if (options->words().empty()) throw UsageError("name at least one results.jsonl; see gauntlet report --help");
  const std::string& when = options->choice("colour", {"auto", "always", "never"});
  const bool colour = when == "always" || (when == "auto" && ::isatty(STDOUT_FILENO) == 1);
  const Results results = read_results(options->words());
  fmt::print("{}", options->flag("markdown") ? markdown_matrix(results) : terminal_matrix(results, colour));
  return results.complete ? kExitOk : kExitEnvironment;
}

}  // namespace gauntlet
