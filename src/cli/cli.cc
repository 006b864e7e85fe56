#include "cli/cli.hh"

#include <fmt/core.h>

#include <algorithm>
#include <climits>
#include <vector>

#include "cli/options.hh"
#include "io/net_namespace.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

void print_help() {
  fmt::print("gauntlet: runs Multipath TCP through everything the Internet does to it\n\n");
  fmt::print("usage: gauntlet [--netns-of PID] VERB [OPTIONS]        gauntlet VERB --help\n\n");
  for (const Verb& v : verbs()) fmt::print("  {:<9} {}\n", v.name, v.summary);
  fmt::print("\n--netns-of PID: in the network namespace of that process, with its /sys\n");
  fmt::print(
      "exit: 0 as expected, 1 unexpected result, 2 usage or bad input, 3 harness or environment error, 4 nothing "
      "ran\n");
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> all_words(argv + 1, argv + argc);
  const bool elsewhere = !all_words.empty() && all_words[0] == "--netns-of";
  const Arguments words = Arguments(all_words).subspan(elsewhere ? std::min<size_t>(2, all_words.size()) : 0);
  if (words.empty() || words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    print_help();
    return words.empty() ? kExitUsage : kExitOk;
  }
  const auto all = verbs();
  const auto verb = std::find_if(all.begin(), all.end(), [&](const Verb& v) { return words[0] == v.name; });
  if (verb == all.end()) {
    fmt::print(stderr, "gauntlet: no verb '{}'; see gauntlet --help\n", words[0]);
    return kExitUsage;
  }
  try {
    if (elsewhere) {
      NetNamespace::of(static_cast<pid_t>(number_of(all_words[1], 1, INT_MAX, "--netns-of"))).enter();
      show_own_sysfs();
    }
    return verb->run(words.subspan(1));
  } catch (const UsageError& e) {
    fmt::print(stderr, "gauntlet {}: {}\n", verb->name, e.what());
    return kExitUsage;
  } catch (const std::exception& e) {
    fmt::print(stderr, "gauntlet {}: {}\n", verb->name, e.what());
    return kExitEnvironment;
  }
}

}  // namespace gauntlet
