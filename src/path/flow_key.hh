// Names a TCP flow at one point of the path: the client's side first, whichever way a packet goes.
#pragma once
#include <array>
#include <cstdint>

#include "path/seen.hh"
#include "wire/tcp.hh"

namespace gauntlet {

struct FlowKey {
  // Client address (2 words, of IPv4 only the first), server address (likewise), ports and version.
  std::array<uint64_t, 5> words{};
  // Runs for every packet at every box: no call, no branch for each word, multiplications that need not wait for each
  // other.
  bool operator==(const FlowKey& other) const {
    uint64_t differ = 0;
    for (size_t i = 0; i < words.size(); ++i) differ |= words[i] ^ other.words[i];
    return differ == 0;
  }
  uint32_t hash() const {
    uint64_t h = words[0] * 0x9e3779b97f4a7c15 + words[1] * 0xbf58476d1ce4e5b9 + words[2] * 0x94d049bb133111eb +
                 words[3] * 0xd6e8feb86659fd93 + words[4] * 0xff51afd7ed558ccd;
    h = (h ^ h >> 32) * 0xc4ceb9fe1a85ec53;
    return static_cast<uint32_t>(h >> 32);
  }
  struct Hash {
    size_t operator()(const FlowKey& k) const { return k.hash(); }
  };
};

// `toward` is the direction the packet travels; `packet` has a whole address pair and at least 4 bytes of upper layer.
inline FlowKey flow_key(ConstBytes packet, const Layout& l, Direction toward) {
  const uint8_t* p = packet.data();
  const uint8_t* ports = p + l.l4;
  const bool up = toward == Direction::to_server;
  const uint32_t client_port = load16(up ? ports : ports + 2), server_port = load16(up ? ports + 2 : ports);
  const uint64_t rest = static_cast<uint64_t>(l.version) << 32 | client_port << 16 | server_port;
  if (l.version == 4) return {{load32(p + (up ? 12 : 16)), 0, load32(p + (up ? 16 : 12)), 0, rest}};
  const uint8_t *client = p + (up ? 8 : 24), *server = p + (up ? 24 : 8);
  return {{load64(client), load64(client + 8), load64(server), load64(server + 8), rest}};
}

}  // namespace gauntlet
