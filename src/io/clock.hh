// The one clock of live packets: nanoseconds since boot, monotonic. Only src/io reads a clock.
#pragma once
#include <ctime>

#include "util/time.hh"

namespace gauntlet {

inline Time monotonic_now() {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

}  // namespace gauntlet
