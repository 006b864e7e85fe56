// A token bucket over a time that is handed in: `rate` units per second, at most `burst` at once. Kept as one time,
// when it would be full again, so that nothing is lost to rounding and nothing grows.
#pragma once
#include <algorithm>
#include <cstdint>

#include "util/time.hh"

namespace gauntlet {

class TokenBucket {
 public:
  // A rate of 0 is no limit.
  TokenBucket(uint64_t rate, uint64_t burst) : rate_(rate), depth_(time_of(burst)) {}

  // False, and nothing taken, when there are fewer than `units`.
  bool take(uint64_t units, Time now) {
    if (rate_ == 0) return true;
    const Time full = std::max(full_, now) + time_of(units);
    if (full - depth_ > now) return false;
    full_ = full;
    return true;
  }

 private:
  Duration time_of(uint64_t units) const {
    return Duration(rate_ == 0 ? 0
                               : static_cast<int64_t>(static_cast<double>(units) * 1e9 / static_cast<double>(rate_)));
  }
  uint64_t rate_;
  Duration depth_;
  Time full_{Time::min() / 2};
};

}  // namespace gauntlet
