#include "capture/time_stamp.hh"

#include <limits>

namespace gauntlet {
namespace {

__extension__ using Wide = __int128;
constexpr Wide kSecond = 1'000'000'000;

Wide power10(unsigned n) {
  Wide result = 1;
  while (n-- > 0) result *= 10;
  return result;
}

Wide nanoseconds(uint64_t ticks, uint8_t resolution) {
  const unsigned n = resolution & 0x7f;
  if ((resolution & 0x80) != 0) return n > 94 ? 0 : (Wide{ticks} * kSecond) >> n;  // ticks * 10^9 < 2^94
  if (n <= 9) return Wide{ticks} * power10(9 - n);
  return n - 9 > 20 ? 0 : Wide{ticks} / power10(n - 9);  // ticks < 10^20
}

}  // namespace

std::optional<Time> time_of_ticks(uint64_t ticks, uint8_t resolution, int64_t offset_seconds) {
  const Wide total = nanoseconds(ticks, resolution) + Wide{offset_seconds} * kSecond;
  if (total > std::numeric_limits<int64_t>::max() || total < std::numeric_limits<int64_t>::min()) return std::nullopt;
  return Time(static_cast<int64_t>(total));
}

}  // namespace gauntlet
