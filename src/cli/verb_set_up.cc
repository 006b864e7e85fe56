#include <charconv>
#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/options.hh"
#include "cli/verb.hh"
#include "lab/set_up_nodes.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

const Command kCommand{.usage = "gauntlet set-up PLAN NODE:PID...",
                       .purpose =
                           "brings up the network of a cell as its plan.json says, each node in the network "
                           "namespace of a process; the worker of a cell calls it",
                       .options = {},
                       .positional = "PLAN NODE:PID...",
                       .epilogue = "exit: 0 every link is up, 2 usage, 3 it could not be done"};

std::pair<std::string, pid_t> holder_of(const std::string& word) {
  const size_t colon = word.rfind(':');
  pid_t pid = 0;
  if (colon != std::string::npos) {
    const char* end = word.data() + word.size();
    const auto [at, error] = std::from_chars(word.data() + colon + 1, end, pid);
    if (error != std::errc{} || at != end) pid = 0;
  }
  if (pid <= 0) throw UsageError("not NODE:PID: " + word);
  return {word.substr(0, colon), pid};
}

}  // namespace

int verb_set_up(Arguments arguments) {
  const auto options = parse_options(kCommand, arguments);
  if (!options) return kExitOk;
  const auto& words = options->words();
  if (words.empty()) throw UsageError("name the plan.json of a cell");
  std::ifstream file(words.front());
  const Json plan = Json::parse(file, nullptr, false);
  if (!file || plan.is_discarded() || !plan.contains("lab"))
    throw UsageError(words.front() + ": not the plan of a cell");
  std::map<std::string, pid_t> holders;
  for (size_t i = 1; i < words.size(); ++i) holders.insert(holder_of(words[i]));
  ::signal(SIGPIPE, SIG_IGN);  // a tool that ends before it has read all says why itself
  try {
    set_up_nodes(plan["lab"], holders);
  } catch (const Json::exception& e) {
    throw UsageError(words.front() + ": " + e.what());
  }
  return kExitOk;
}

}  // namespace gauntlet
