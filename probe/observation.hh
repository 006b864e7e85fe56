// What one run of the prober saw: every packet sent, every quote and reply that came back, and nothing inferred.
// This is all that the analysis gets (locate.hh), so any run can be analysed again, or written down as a table in a
// test.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "probe/address.hh"
#include "probe/craft.hh"
#include "probe/spec.hh"
#include "util/time.hh"

namespace gauntlet {

inline constexpr uint8_t kArrival =
    255;  // as HopQuote::type: no quote, but the packet as it arrived at the destination

// One ICMP error that quotes a probe.
struct HopQuote {
  uint8_t ttl = 0;  // of the probe it quotes
  IpAddress from;
  uint8_t type = 11, code = 0;
  uint8_t reply_ttl = 0;  // TTL or hop limit of the ICMP packet as it arrived
  Duration rtt{};
  std::vector<uint8_t> quote;  // from the quoted IP header on; only bytes that are data (RFC 4884 padding excluded)
  bool filled = false;         // zeros at its end may only fill it up to what RFC 4884 4.1 asks
  std::vector<uint8_t> extensions;  // RFC 4884 extension structure, as it stood
  uint8_t times = 1;                // that the same came; 255: so often or more
};

// A packet that answers the probe at the upper layer: SYN/ACK, RST, ACK, UDP data, echo reply.
struct ProbeReply {
  uint8_t ttl = 0;  // of the probe it answers; 0 when the answer does not say
  Duration rtt{};
  std::vector<uint8_t> packet;  // the whole IP packet
};

// One probe, sent with every TTL from 1 on, over one flow.
struct ProbeRun {
  std::string name;  // of the catalogue, or the spec
  ProbeSpec spec;
  ProbeFlow flow;
  std::vector<std::vector<uint8_t>> sent;  // [ttl - 1]; empty: this TTL was not sent
  std::vector<uint8_t> asked;              // [ttl - 1]: how often it was sent; 255: so often or more
  std::vector<HopQuote> quotes;            // several per TTL are possible (split segments, duplicates)
  std::vector<ProbeReply> replies;
  std::vector<uint8_t> limited;  // TTLs whose silence is the router's rate limit, or our own loss, not the path
  uint8_t tries = 1;             // how often a silent TTL was sent
  bool copies_only = false;      // no copy was meant to reach the destination
};

struct Observation {
  IpAddress source, destination;
  uint16_t port = 0;
  std::vector<ProbeRun> runs;
  // Packets to the destination beside the probes, which open connections and close them; and what an agent saw arrive
  // that belongs to no copy of a probe.
  std::vector<std::vector<uint8_t>> spoken, strangers;
  uint64_t overruns = 0;  // packets that came and were lost here
};

}  // namespace gauntlet
