// What a stateful box remembers of a flow to tell where a segment stands: positions in both streams (tcp/sequence.hh),
// counted from the initial sequence numbers on this side of the box. Of a fragment, and of a packet that is cut short,
// the length is unknown: whatever may have been in it may have passed.
#pragma once
#include <algorithm>

#include "path/seen.hh"
#include "tcp/sequence.hh"
#include "wire/tcp.hh"

namespace gauntlet {

struct Watch {
  static constexpr Position kLongest = 65535;  // bytes in one packet
  struct Place {
    bool known = false;        // the SYN of this direction was seen
    Position at = 0, end = 0;  // SYN and FIN counted
    bool sure = true;          // nothing more can have been behind `end`
    bool acks = false;         // `ack` stands for something: ACK is set and the other direction's SYN was seen
    Position ack = 0;
    Position payload(TcpView tcp) const { return at + (tcp.has(kSyn) ? 1 : 0); }
  };
  Position high[2] = {0, 0};   // by direction of travel: behind the furthest position that went on
  Position maybe[2] = {0, 0};  // likewise, of what may have been in packets of unknown length
  Position reach(size_t way) const { return std::max(high[way], maybe[way]); }

  Place place(const Seen& seen, TcpView tcp) const {
    Place p;
    const auto way = static_cast<size_t>(seen.toward);
    const FlowFacts& facts = *seen.facts;
    p.known = facts.isn_known[way];
    if (p.known) p.at = position_of(tcp.seq(), facts.isn[way], high[way]);
    p.end = p.at + tcp.sequence_length();
    const Layout& l = seen.layout;
    p.sure = !l.fragment && l.payload + l.payload_size >= l.ip_total;
    p.acks = tcp.has(kAck) && facts.isn_known[1 - way];
    if (p.acks) p.ack = position_of(tcp.ack(), facts.isn[1 - way], high[1 - way]);
    return p;
  }
  // Only what holds something counts: a bare acknowledgement may stand behind bytes that were lost.
  void went_on(const Seen& seen, const Place& p) {
    const auto way = static_cast<size_t>(seen.toward);
    if (!p.sure) maybe[way] = std::max(maybe[way], p.at + kLongest);
    if (p.at != p.end) high[way] = std::max(high[way], p.end);
  }
};

}  // namespace gauntlet
