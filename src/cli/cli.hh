// The command line: main and one file per verb (verb_NAME.cc), each `int verb_NAME(Arguments)` returning the exit code.
#pragma once
#include <span>
#include <string>

#include "middleboxes/registry.hh"

namespace gauntlet {

inline constexpr int kExitOk = 0, kExitUnexpected = 1, kExitUsage = 2, kExitEnvironment = 3, kExitNothing = 4;

using Arguments = std::span<const std::string>;   // what stands behind the verb

int main(int argc, char** argv);                  // never throws; errors are one line on stderr

struct Verb {
  const char* name;
  const char* summary;                            // one line for --help
  int (*run)(Arguments);
};
std::span<const Verb> verbs();                    // verbs.cc: one line per verb

}  // namespace gauntlet
