// What the destination's answers to one probe hold, read once.
#pragma once
#include <optional>
#include <vector>

#include "probe/observation.hh"

namespace gauntlet {

struct SynAnswer {
  bool syn_ack = false, rst = false;
  uint32_t ack = 0;                                 // of the first SYN/ACK
  uint8_t reply_ttl = 0, rst_ttl = 0;               // TTL of the SYN/ACK and of the RST as they arrived; 0: none
  std::vector<uint8_t> options;                     // of the first SYN/ACK
  std::vector<uint8_t> option(uint8_t kind) const;  // the first of this kind, empty when there is none
};

SynAnswer answer_of(const ProbeRun&);
uint8_t ttl_of(ConstBytes packet);       // TTL or hop limit; 0 for what is no IP packet
uint8_t hops_back(uint8_t arrived_ttl);  // hops travelled by a packet sent with 64, 128 or 255; a neighbour's is 1
bool is_syn(const ProbeRun&);            // a TCP SYN without ACK
const ProbeRun* find_syn(const Observation&, const char* word);  // the first SYN with this option; null: none
std::vector<uint8_t> first_sent(const ProbeRun&);                // the packet of the smallest TTL that was sent

// Where an HTTP request of ours was sent on to by who answered it in the server's name: another host than the one asked
// for, or RFC 6585 6's status 511. Empty: nowhere.
std::string portal_of(const Observation&);

}  // namespace gauntlet
