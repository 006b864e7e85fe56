// Names a TCP flow at one point of the path: the client's side first, whichever way a packet goes.
#pragma once
#include <array>
#include <cstdint>
#include <cstring>

#include "path/seen.hh"
#include "wire/tcp.hh"

namespace gauntlet {

struct FlowKey {
  // Client address (2 words), server address (2 words; IPv4 addresses fill the first half of the first), ports and
  // version.
  std::array<uint64_t, 5> words{};
  bool operator==(const FlowKey&) const = default;

  uint32_t hash() const {
    uint64_t h = 0x9e3779b97f4a7c15;
    for (const uint64_t w : words) {
      h = (h ^ w) * 0xff51afd7ed558ccd;
      h ^= h >> 32;
    }
    return static_cast<uint32_t>(h);
  }
  struct Hash {
    size_t operator()(const FlowKey& k) const { return k.hash(); }
  };
};

// `toward` is the direction the packet travels; `packet` has a whole address pair and at least 4 bytes of upper layer.
inline FlowKey flow_key(ConstBytes packet, const Layout& l, Direction toward) {
  FlowKey k;
  const bool v4 = l.version == 4;
  const size_t size = v4 ? 4 : 16;
  const uint8_t* source = packet.data() + (v4 ? 12 : 8);
  const uint8_t* destination = source + size;
  const uint8_t* ports = packet.data() + l.l4;
  const bool up = toward == Direction::to_server;
  std::memcpy(&k.words[0], up ? source : destination, size);
  std::memcpy(&k.words[2], up ? destination : source, size);
  const uint32_t client = load16(up ? ports : ports + 2), server = load16(up ? ports + 2 : ports);
  k.words[4] = static_cast<uint64_t>(l.version) << 32 | client << 16 | server;
  return k;
}

}  // namespace gauntlet
