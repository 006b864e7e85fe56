#include <fmt/core.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/options.hh"
#include "cli/verb.hh"
#include "io/held_namespaces.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

const Command kCommand{.usage = "gauntlet nodes COUNT",
                       .purpose =
                           "makes COUNT network namespaces (1 to 1000) and says on one JSON line which processes hold "
                           "them; they are gone when its standard input ends; the worker of a cell calls it",
                       .options = {},
                       .positional = "COUNT",
                       .epilogue = "exit: 0 when its input ended, 2 usage, 3 the kernel refused"};

}  // namespace

int verb_nodes(Arguments arguments) {
  const auto options = parse_options(kCommand, arguments);
  if (!options) return kExitOk;
  const auto& words = options->words();
  if (words.size() != 1) throw UsageError("say how many");
  const auto count = number_of(words.front(), 1, 1000, "COUNT");
  const HeldNamespaces nodes(count);
  fmt::print("{}\n", Json{{"pids", nodes.pids()}}.dump());
  std::fflush(stdout);
  for (std::array<char, 256> ignored; ::read(STDIN_FILENO, ignored.data(), ignored.size()) > 0;) continue;
  return kExitOk;
}

}  // namespace gauntlet
