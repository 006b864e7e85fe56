#include <fmt/core.h>

#include "cli/verb.hh"

namespace gauntlet {

int verb_version(Arguments) {
  fmt::print("gauntlet {}\n", GAUNTLET_VERSION);
  return kExitOk;
}

}  // namespace gauntlet
