// Position-coded payload: a stream of 64-byte text lines, each of which names its direction, its stream and its own
// offset, so that bytes which arrive in the wrong place say where they come from:
//
//   c2s 0000002a 0000000000004096 w5xk2mzq7c3ahtydb6rnjfvouelpis42g\n
//   dir tag(hex) offset (decimal)  filler, made from the three      newline
//
// The filler makes any few bytes of a line tell it from its neighbours, so that an exchange of like-looking parts
// shows. The offset a line names counts from the first line, so it says the same whatever preface stands before it.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace gauntlet {

enum class StreamDirection : uint8_t { c2s, s2c };
const char* name_of(StreamDirection);

inline constexpr size_t kPayloadLine = 64;                       // bytes
inline constexpr uint64_t kPayloadMax = 10'000'000'000'000'000;  // bytes of a stream: what the digits can say

struct Payload {
  StreamDirection direction = StreamDirection::c2s;
  uint32_t tag = 0;  // tells apart the streams of several runs

  std::string preface = {};  // stands before the first line and is part of the stream; usually empty

  void fill(uint64_t offset, std::span<uint8_t> out) const;  // bytes offset .. offset + out.size() of the stream
  std::vector<uint8_t> make(uint64_t offset, size_t size) const;
  // The same stream: lines do not know what stands before them.
  bool operator==(const Payload& o) const { return direction == o.direction && tag == o.tag; }
};

// A line found somewhere: which stream it is of and which offset it names.
struct PayloadLine {
  Payload stream;
  uint64_t offset = 0;
};

// The line that `bytes` (at least 64 of them) begin with; nullopt unless every byte of it is right.
std::optional<PayloadLine> read_line(std::span<const uint8_t> bytes);

}  // namespace gauntlet
