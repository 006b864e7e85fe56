// The private view of the file system of a worker: its own /proc, empty /tmp and /run.
#pragma once
#include <string>
#include <vector>

namespace gauntlet {

// Runs in the new mount namespace. `keep` folders below /tmp or /run are bound back to where they were. Throws
// SystemError.
void make_mounts_private(const std::vector<std::string>& keep);

// Which of `keep` have to be bound back: real paths below /tmp or /run, none inside another.
std::vector<std::string> hidden_folders(std::vector<std::string> keep);

}  // namespace gauntlet
