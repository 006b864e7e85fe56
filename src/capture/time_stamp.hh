// pcapng time stamps: 64-bit ticks of the interface's resolution (if_tsresol), shifted by whole seconds (if_tsoffset).
#pragma once
#include <cstdint>
#include <optional>

#include "util/time.hh"

namespace gauntlet {

// `resolution`: high bit clear: 10^-n seconds a tick; set: 2^-n. nullopt when the time does not fit nanoseconds since
// 1970.
std::optional<Time> time_of_ticks(uint64_t ticks, uint8_t resolution, int64_t offset_seconds);

}  // namespace gauntlet
