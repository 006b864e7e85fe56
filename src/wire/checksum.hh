// The Internet checksum (RFC 1071), in full and by difference (RFC 1624).
//
// Sums are one's-complement sums in network byte order, not inverted: checksum = ~sum. An edit by difference keeps a wrong
// checksum wrong by the same amount, so a box that only edits a header never repairs a damaged packet.
#pragma once
#include <cstdint>

#include "wire/bytes.hh"
#include "wire/layout.hh"

namespace gauntlet {

uint16_t sum16(ConstBytes bytes, uint32_t start = 0);   // folded to 16 bits; an odd last byte counts as the high byte
inline uint16_t fold(uint64_t sum) {
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(sum);
}

// RFC 1624 (eqn. 3): HC' = ~(~HC + ~m + m').
inline uint16_t update16(uint16_t checksum, uint16_t before, uint16_t after) {
  return static_cast<uint16_t>(
      ~fold(static_cast<uint64_t>(static_cast<uint16_t>(~checksum)) + static_cast<uint16_t>(~before) + after));
}
uint16_t update32(uint16_t checksum, uint32_t before, uint32_t after);
// Replaces a run of bytes whose first byte stands at an even (odd = false) or odd distance from the start of the summed data.
uint16_t update_bytes(uint16_t checksum, ConstBytes before, ConstBytes after, bool odd = false);

// What the checksum field must hold for these bytes; the packet must be whole (see layout.hh).
uint16_t ipv4_checksum(ConstBytes packet, const Layout&);
uint16_t l4_checksum(ConstBytes packet, const Layout&);      // TCP, UDP, ICMPv6 over the pseudo-header; ICMP without
bool l4_checksum_ok(ConstBytes packet, const Layout&);

// The named step that repairs: the IPv4 header checksum and the upper layer's, computed anew. UDP's zero stays zero.
void write_checksums(Bytes packet);
void write_checksums(Bytes packet, const Layout&);

}  // namespace gauntlet
