// A segment of one side made comparable with the other side's: positions are canonical (stream_map.hh), contents
// hashed.
#pragma once
#include <cstdint>
#include <vector>

#include "judge/flows.hh"
#include "judge/stream_map.hh"

namespace gauntlet {

struct Unit {
  int64_t start = 0, end = 0;        // canonical; end == start: takes no sequence space, or lies inside an edit
  int64_t ack = FlowSegment::kNone;  // canonical
  Time time{};
  uint64_t print = 0;    // everything a box may not change, TTL and checksums apart
  uint64_t whole = 0;    // every byte but the TTL and the IPv4 checksum, and whether that is right
  uint64_t payload = 0;  // hash of the payload
  uint64_t options = 0;  // hash of the option bytes
  uint64_t stamp = 0;    // 2^32 + TSval (RFC 7323 section 3); 0: no such option
  uint16_t window = 0, ip_id = 0;
  uint8_t flags = 0, ttl = 0;
  bool occupies = false;

  bool has(uint8_t flag) const { return (flags & flag) != 0; }
  // What a segment has from the moment it was sent in, whatever bytes it brings.
  bool sounds_like(const Unit& other) const {
    return ack == other.ack && window == other.window && stamp == other.stamp;
  }
};

// Some segments of a half as units, under the indexes they have there.
struct Units {
  uint32_t first = 0;
  std::vector<Unit> list;
  const Unit& operator[](uint32_t segment) const { return list[segment - first]; }
  uint32_t size() const { return static_cast<uint32_t>(list.size()); }
};

// Segments [from, to) of `half`. `stream` maps this direction's positions, `acked` the other direction's. `downstream`:
// this side lies behind the box for segments travelling this way (its acknowledgements then name positions *before* the
// box of the other direction).
Units units_of(const Trace& trace, const Half& half, uint32_t from, uint32_t to, const StreamMap& stream,
               const StreamMap& acked, bool downstream);

}  // namespace gauntlet
