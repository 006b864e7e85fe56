// Bytes that a receiver's application got and that no packet brought: whatever a row allows a box to make of a stream,
// the receiver invents nothing (RFC 8684 3.3.1, RFC 9293 3.1: it delivers what arrived).
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace gauntlet {

struct MadeUp {
  uint64_t bytes = 0;  // how many
  uint64_t first = 0;  // offset of the first, when there is one
};

// `carried`: what arrived, each part in order in itself. A byte is explained when it stands in a run of 40 bytes (or in
// the whole of what was delivered, if that is less) that one of the parts has, too; where in it is not asked.
MadeUp made_up(std::span<const uint8_t> delivered, const std::vector<std::span<const uint8_t>>& carried);

}  // namespace gauntlet
