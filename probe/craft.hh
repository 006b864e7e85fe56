// From a spec and a flow to the exact bytes of one IP packet; and, for one probe, which bits of it name its TTL.
#pragma once
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "probe/address.hh"
#include "probe/spec.hh"

namespace gauntlet {

// Between the identifications of two TTLs: who splits a segment counts on by one, which must not look like the next
// TTL.
inline constexpr uint16_t kIdStep = 16;

// Everything that is constant over the TTLs of one probe (Paris: routers that hash the 5-tuple or the flow label see
// one flow). Host order. Numbers come from the system's generator for every run: two runs never take each other's
// answers.
struct ProbeFlow {
  IpAddress source, destination;
  uint16_t source_port = 0, destination_port = 0;
  uint32_t seq = 0, ack = 0;  // of the next byte we send; of the next byte we expect
  uint16_t window = 0xf000;   // its low six bits carry the TTL, see craft()
  uint32_t tsval = 0, tsecr = 0;
  uint16_t id_base = 0;            // IPv4 identification of TTL t is id_base + kIdStep * t
  uint32_t flow_label = 0;         // IPv6, 20 bits
  uint64_t key = 0, peer_key = 0;  // MPTCP keys; 0: not known yet
  uint32_t token = 0, nonce = 0;   // of MP_JOIN
  uint64_t dsn = 0, data_ack = 0;  // data sequence number of the next byte; data-level acknowledgement
  uint32_t ssn = 1;                // subflow sequence number of the next byte, relative (RFC 8684 3.3.1)
};

// The packet of this TTL. The TTL is written into fields that boxes rewrite independently of each other, so that one of
// them survives: IP identification = id_base + kIdStep * ttl, window = spec's or the flow's (low six bits ^ ttl), on a
// SYN TSval = tsval + ttl, in UDP the last two bytes of the payload, and so the checksum. Every length is the same for
// all TTLs, every length and checksum is right.
std::vector<uint8_t> craft(const ProbeSpec&, const ProbeFlow&, uint8_t ttl);
uint16_t udp_mark(const ProbeFlow&, uint8_t ttl);  // what a UDP probe ends with, behind the spec's payload

// How far into the stream the segment of this TTL stands: nowhere, but for a `fresh` spec. The farthest TTL comes
// first, and each has room for two segments.
inline uint32_t stream_offset(const ProbeSpec& spec, uint8_t ttl) {
  return spec.fresh ? 2 * static_cast<uint32_t>(spec.payload.size()) * (63u - std::min<uint8_t>(ttl, 63)) : 0;
}

// The option block of a spec: encoded, then filled up to whole words. Throws UsageError for a bad value or above 40
// bytes.
std::vector<uint8_t> option_block(const ProbeSpec&, const ProbeFlow&, uint8_t ttl);

bool is_option_word(const std::string& word);
void check_options(const ProbeSpec&);                       // throws UsageError
std::vector<uint8_t> bytes_of_hex(const std::string& hex);  // throws UsageError
std::string hex_of(const std::vector<uint8_t>& bytes);

}  // namespace gauntlet
