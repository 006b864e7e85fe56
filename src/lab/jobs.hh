// How many cells at once, when nobody says.
#pragma once
#include <cstdint>

namespace gauntlet {

// Six per core, for a cell waits most of its time; fewer where memory is short: `available` bytes, 96 MB for each.
unsigned jobs_for(unsigned cores, uint64_t available);
// Of this machine, now. A sanitized build takes two per core: its processes work several times as long as they wait.
unsigned jobs_here();

}  // namespace gauntlet
