// Where this program and what belongs to it lie.
#pragma once
#include <string>

namespace gauntlet {

std::string this_binary();  // absolute path of the running program

// The folder of scenario files: `wanted` when a person named one, else beside the binary (../../scenarios in a build
// tree,
// ../share/gauntlet/scenarios when installed), else the source tree it was built from. Throws UsageError when there is
// none.
std::string scenario_folder(const std::string& wanted);

}  // namespace gauntlet
