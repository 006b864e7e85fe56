// Sequence numbers as positions (RFC 9293 3.4): a position counts from the initial sequence number, in 64 bits, so that
// streams longer than 2^32 need no modular comparison anywhere else. Position 0 is the SYN, 1 the first byte.
#pragma once
#include <cstdint>

namespace gauntlet {

using Position = int64_t;  // below 0: older than the connection

// The position of a sequence number nearest to `near`.
inline Position position_of(uint32_t seq, uint32_t isn, Position near) {
  return near + static_cast<int32_t>(seq - isn - static_cast<uint32_t>(near));
}
inline uint32_t sequence_of(Position at, uint32_t isn) { return isn + static_cast<uint32_t>(at); }

}  // namespace gauntlet
