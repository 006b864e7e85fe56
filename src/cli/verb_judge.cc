#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/options.hh"
#include "cli/verb.hh"
#include "judge/verdict.hh"
#include "lab/run_folder.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

namespace fs = std::filesystem;

const Command kCommand{
    .usage = "gauntlet judge DIR... [--json]",
    .purpose = "judges the evidence of cells again; DIR is a cell's folder or one that holds some",
    .options = {{"json", "", "", "one verdict per line, as JSON"}},
    .positional = "DIR...",
    .epilogue = "exit: 0 pass or lenient, 1 deviation or harm, 2 usage, 3 error, 4 no cell or all skipped"};

std::vector<std::string> cells_below(const std::string& folder) {
  if (!fs::is_directory(folder)) throw UsageError(folder + ": no such folder");
  if (fs::exists(fs::path(folder) / "plan.json")) return {folder};
  std::vector<std::string> out;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.path().filename() == "plan.json") out.push_back(entry.path().parent_path().string());
  std::sort(out.begin(), out.end());
  return out;
}

void print(const Verdict& v) {
  fmt::print("{:<9} {}  {} [{}]{}\n", name_of(v.level), v.cell, v.outcome ? name_of(*v.outcome) : "-", v.bytes,
             v.culprit ? "  culprit: " + *v.culprit : "");
  for (const Check& c : v.checks) {
    fmt::print("  {:<13} {:<22} {}", name_of(c.level), c.id, c.clause);
    if (!c.reason.empty()) fmt::print("  {}: expected {}, was {}", c.reason, c.expected, c.actual);
    fmt::print("\n");
  }
  for (size_t i = 0; i < v.story.size(); ++i) fmt::print("  {}. {}\n", i + 1, v.story[i]);
}

int exit_of(Level level) {
  switch (level) {
    case Level::error:
      return kExitEnvironment;
    case Level::harm:
    case Level::deviation:
      return kExitUnexpected;
    default:
      return kExitOk;
  }
}

}  // namespace

int verb_judge(Arguments arguments) {
  const auto options = parse_options(kCommand, arguments);
  if (!options) return kExitOk;
  if (options->words().empty()) throw UsageError("name the folder of a cell or of a run; see --help");
  int code = kExitNothing;
  for (const std::string& word : options->words()) {
    for (const std::string& folder : cells_below(word)) {
      if (thinned_out(folder)) {
        fmt::print(stderr, "skip      {}: its captures were not kept; gauntlet run --keep always keeps them\n", folder);
        continue;
      }
      const Verdict v = judge_cell(folder);
      if (options->flag("json"))
        fmt::print("{}\n", to_json(v).dump());
      else
        print(v);
      if (v.level == Level::skip) continue;
      const int now = exit_of(v.level);
      code = code == kExitNothing ? now : std::max(code, now);  // 3 outranks 1 outranks 0
    }
  }
  return code;
}

}  // namespace gauntlet
