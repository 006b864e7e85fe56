// A TCP segment as an endpoint sees it: taken out of a packet, and made into one.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "wire/packet.hh"
#include "wire/tcp.hh"

namespace gauntlet {

struct TcpAddress {
  uint8_t version = 0;              // 4 or 6
  std::array<uint8_t, 16> bytes{};  // IPv4: the first four, the rest is zero
  uint16_t port = 0;
  bool operator==(const TcpAddress&) const = default;
};

struct TcpPair {
  TcpAddress local, remote;
  bool operator==(const TcpPair&) const = default;
  TcpPair swapped() const { return {remote, local}; }
};
// Of whoever receives the packet: local is its destination. layout.tcp must be true.
TcpPair receivers_pair(ConstBytes packet, const Layout&);

// The options an endpoint speaks (RFC 9293 3.2, RFC 7323, RFC 2018). Unknown ones are skipped, of doubles the first
// counts; one with a wrong length is as good as absent.
struct TcpOptions {
  struct Timestamps {
    uint32_t value = 0, echo = 0;
  };
  struct Block {
    uint32_t left = 0, right = 0;
  };
  std::optional<uint16_t> mss = {};
  std::optional<uint8_t> wscale = {};  // as it stands; above 14 counts as 14 (RFC 7323 2.3)
  bool sack_ok = false;
  std::optional<Timestamps> timestamps = {};
  std::array<Block, 4> sack{};
  size_t sack_count = 0;
};
TcpOptions parse_tcp_options(ConstBytes options);
// The option block, padded with NOPs to whole words; `extra` stands behind the others. What does not fit into 40 bytes
// is left out: SACK blocks first, then `extra`.
std::vector<uint8_t> encode_tcp_options(const TcpOptions&, ConstBytes extra = {});

struct TcpHeader {
  uint32_t seq = 0, ack = 0;
  uint8_t flags = 0;
  uint16_t window = 0;  // as it stands, not scaled
};

// A packet from pair.local to pair.remote: TTL 64, DF, the given identification. `options` is 0 to 40 bytes in whole
// words.
Packet make_segment(const TcpPair&, const TcpHeader&, ConstBytes options, ConstBytes payload, uint16_t ip_id = 0);

// What a host without a connection answers to this segment (RFC 9293 3.10.7.1); nothing to a RST.
std::optional<Packet> reset_for(ConstBytes packet, const Layout&);

}  // namespace gauntlet
