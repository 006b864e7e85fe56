// Segments a box makes up in the name of an endpoint, from one that passes.
#pragma once
#include "path/seen.hh"
#include "tcp/segment.hh"

namespace gauntlet {

// As if the passing segment's sender went on with it: same addresses, the next sequence number.
inline Packet forge_onward(ConstBytes packet, const Layout& l, uint8_t flags) {
  const TcpView tcp(packet, l);
  const TcpHeader h{tcp.seq() + tcp.sequence_length(), tcp.ack(), static_cast<uint8_t>(flags | (tcp.flags() & kAck)),
                    tcp.window()};
  return make_segment(receivers_pair(packet, l).swapped(), h, {}, {});
}

// As if the receiver answered it: what it acknowledges is where it goes on (RFC 9293 3.5.2 for the case without ACK).
inline Packet forge_answer(ConstBytes packet, const Layout& l, uint8_t flags, uint16_t window = 0) {
  const TcpView tcp(packet, l);
  const TcpHeader h{tcp.has(kAck) ? tcp.ack() : 0, tcp.seq() + tcp.sequence_length(),
                    static_cast<uint8_t>(flags | kAck), window};
  return make_segment(receivers_pair(packet, l), h, {}, {});
}

}  // namespace gauntlet
