// Time is a parameter: nanoseconds since an epoch only the caller knows (boot for live packets, the epoch for captures,
// zero in tests). Nothing outside src/io reads a clock.
#pragma once
#include <chrono>

namespace gauntlet {
using Time = std::chrono::nanoseconds;
using Duration = std::chrono::nanoseconds;
}  // namespace gauntlet
