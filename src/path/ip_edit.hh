// Fields of the IP header, in place: traffic class (DSCP and ECN) and TTL or hop limit. The IPv4 header checksum
// follows by difference; TCP's does not cover these. A packet that is neither IPv4 nor IPv6 (layout.version 0) is the
// caller's to leave out.
#pragma once
#include "wire/checksum.hh"
#include "wire/layout.hh"
#include "wire/packet.hh"

namespace gauntlet {

// Sets one byte at `at` of an IPv4 header.
inline void set_ip4_byte(uint8_t* p, size_t at, uint8_t value) {
  uint8_t* word = p + (at & ~size_t{1});
  const uint16_t before = load16(word);
  p[at] = value;
  store16(p + 10, update16(load16(p + 10), before, load16(word)));
}

inline uint8_t traffic_class(ConstBytes p, const Layout& l) {
  return l.version == 4 ? p[1] : static_cast<uint8_t>(load16(p.data()) >> 4);
}
inline void set_traffic_class(Packet& p, const Layout& l, uint8_t value) {
  if (l.version == 4) return set_ip4_byte(p.data(), 1, value);
  store16(p.data(), static_cast<uint16_t>((load16(p.data()) & 0xf00f) | value << 4));
}

inline uint8_t hop_limit(ConstBytes p, const Layout& l) { return p[l.version == 4 ? 8 : 7]; }
inline void set_hop_limit(Packet& p, const Layout& l, uint8_t value) {
  if (l.version == 4) return set_ip4_byte(p.data(), 8, value);
  p.data()[7] = value;
}

}  // namespace gauntlet
