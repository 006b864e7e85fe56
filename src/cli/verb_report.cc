// gauntlet report: results.jsonl for people and for other programs. Reads results, judges nothing.
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "cli/options.hh"
#include "cli/verb.hh"
#include "report/changes.hh"
#include "report/formats.hh"
#include "report/matrix.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

const Command kCommand{
    "gauntlet report RESULTS.jsonl... [OPTIONS]",
    "the matrix of one run, or of several shards together; other formats on demand, FILE - is standard output",
    {{"junit", "FILE", "", "JUnit XML (docs/junit.xsd)"},
     {"tap", "", "", "KTAP: cells, their checks one level below"},
     {"markdown", "", "", "the matrix as Markdown, for job summaries and pages"},
     {"html", "FILE", "", "one page: the matrix and the story of every cell; put it beside the results for its links"},
     {"badge", "FILE", "", "JSON for a badge endpoint: red on anything unexpected"},
     {"annotations", "", "", "one workflow command per failing cell, at scenario file and line"},
     {"diff", "", "", "of two files, OLD NEW: every cell and check that changed, by name"},
     {"colour", "WHEN", "auto", "colour the matrix: auto (on a terminal), always, never"}},
    "RESULTS.jsonl...",
    "exit: 0 printed; 1 --diff: changed for the worse; 2 usage, no such file; 3 the results are damaged or the run did "
    "not end (what there is is printed)"};

struct Product {
  std::string file, text;  // file "-": standard output
};

void put(const Product& product) {
  if (product.file == "-") {
    fmt::print("{}", product.text);
    return;
  }
  std::ofstream out(product.file, std::ios::binary | std::ios::trunc);
  out << product.text;
  out.close();
  if (!out) throw UsageError(fmt::format("{}: cannot be written; name a file in a folder that exists", product.file));
}

std::vector<Product> products(const Options& o, const Results& results) {
  std::vector<Product> all;
  if (o.given("junit")) all.push_back({o.text("junit"), junit_xml(results)});
  if (o.given("html")) all.push_back({o.text("html"), html_report(results)});
  if (o.given("badge")) all.push_back({o.text("badge"), badge_json(results)});
  if (o.flag("tap")) all.push_back({"-", ktap(results)});
  if (o.flag("markdown")) all.push_back({"-", markdown_matrix(results)});
  if (o.flag("annotations")) all.push_back({"-", annotations(results)});
  const auto printed = std::count_if(all.begin(), all.end(), [](const Product& p) { return p.file == "-"; });
  if (printed > 1) throw UsageError("two formats for standard output; give one of them a FILE, or ask twice");
  return all;
}

int diff(const Options& o) {
  for (const char* other : {"junit", "html", "tap", "markdown", "badge", "annotations"})
    if (o.given(other)) throw UsageError(fmt::format("--diff and --{} do not go together; ask twice", other));
  if (o.words().size() != 2) throw UsageError("--diff compares two files: gauntlet report --diff OLD.jsonl NEW.jsonl");
  const Results before = read_results({o.words()[0]}), after = read_results({o.words()[1]});
  const auto all = changes(before, after);
  fmt::print("{}", to_text(all));
  for (const Results* results : {&before, &after})
    for (const std::string& damage : results->damage) fmt::print("damaged: {}\n", damage);
  if (!before.complete || !after.complete) return kExitEnvironment;
  return got_worse(all) ? kExitUnexpected : kExitOk;
}

}  // namespace

int verb_report(Arguments words) {
  const auto options = parse_options(kCommand, words);
  if (!options) return kExitOk;
  if (options->words().empty()) throw UsageError("name at least one results.jsonl; see gauntlet report --help");
  if (options->flag("diff")) return diff(*options);
  const std::string& when = options->choice("colour", {"auto", "always", "never"});
  const bool colour = when == "always" || (when == "auto" && ::isatty(STDOUT_FILENO) == 1);
  const Results results = read_results(options->words());
  const auto asked = products(*options, results);
  for (const Product& product : asked) put(product);
  if (asked.empty()) fmt::print("{}", terminal_matrix(results, colour));
  return results.complete ? kExitOk : kExitEnvironment;
}

}  // namespace gauntlet
