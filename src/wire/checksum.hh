// The Internet checksum (RFC 1071), in full and by difference (RFC 1624).
//
// Sums are one's-complement sums in network byte order, not inverted: checksum = ~sum. An edit by difference keeps a
// wrong checksum wrong by the same amount, so a box that only edits a header never repairs a damaged packet.
#pragma once
#include <cstddef>
#include <cstdint>

#include "wire/bytes.hh"
#include "wire/layout.hh"

namespace gauntlet {

uint16_t sum16(ConstBytes bytes, uint32_t start = 0);  // folded to 16 bits; an odd last byte counts as the high byte
inline uint16_t fold(uint64_t sum) {
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(sum);
}

// Collects what changed under one checksum, then applies it. RFC 1624 (eqn. 3): HC' = ~(~HC + ~m + m').
// Words stand at even distance from the start of the summed data; a sum of bytes that start at an odd one goes through
// swap_bytes() first.
class SumChange {
 public:
  void replace(uint16_t before, uint16_t after) {
    sum_ += static_cast<uint64_t>(static_cast<uint16_t>(~before)) + after;
  }
  void replace32(uint32_t before, uint32_t after) { sum_ += static_cast<uint64_t>(~before) + after; }
  uint16_t apply(uint16_t checksum) const {
    const uint16_t change = fold(sum_);
    if (change == 0 || change == 0xffff) return checksum;  // both are zero: 0xffff must not turn into 0 by the way
    return static_cast<uint16_t>(~fold(static_cast<uint64_t>(static_cast<uint16_t>(~checksum)) + change));
  }

 private:
  uint64_t sum_ = 0;
};
inline uint16_t swap_bytes(uint16_t sum) { return static_cast<uint16_t>(sum << 8 | sum >> 8); }

inline uint16_t update16(uint16_t checksum, uint16_t before, uint16_t after) {
  SumChange change;
  change.replace(before, after);
  return change.apply(checksum);
}
uint16_t update32(uint16_t checksum, uint32_t before, uint32_t after);
// Replaces a run of bytes whose first byte stands at an even (odd = false) or odd distance from the start of the summed
// data.
uint16_t update_bytes(uint16_t checksum, ConstBytes before, ConstBytes after, bool odd = false);

// Sum of the pseudo-header of TCP, UDP and ICMPv6, not folded (RFC 9293 3.1, RFC 8200 8.1). `upper_length`: bytes from
// the upper layer's header on.
uint32_t pseudo_header(ConstBytes packet, const Layout&, uint32_t upper_length);
// What the checksum field must hold for these bytes; the packet must be whole (see layout.hh).
uint16_t ipv4_checksum(ConstBytes packet, const Layout&);
uint16_t l4_checksum(ConstBytes packet, const Layout&);  // TCP, UDP, ICMPv6 over the pseudo-header; ICMP without
// False only when a checksum is there, can be verified and is wrong; fragments, cut packets and other protocols are
// true.
bool l4_checksum_ok(ConstBytes packet, const Layout&);

// Offset of the upper layer's checksum field from the first byte of the packet; 0 when there is none (other protocols,
// later fragments, a header cut short).
size_t l4_checksum_at(ConstBytes packet, const Layout&);
// Where the pseudo-header's destination stands: behind an IPv6 routing header with segments left it is the last
// segment, not the address in the IP header (RFC 8200 8.1). Offset from the first byte of the packet.
size_t final_destination_at(ConstBytes packet, const Layout&);

// The named step that repairs: the IPv4 header checksum and the upper layer's, computed anew. UDP's zero stays zero.
// The upper layer's is left alone in fragments and in packets that are cut short.
void write_checksums(Bytes packet);
void write_checksums(Bytes packet, const Layout&);

}  // namespace gauntlet
