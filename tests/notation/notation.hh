// One packet on one line, the way packetdrill writes them: what vector files hold and what failures print.
//
//   [+5ms | @5ms] DIR [#FLOW] BODY [{ KEY=VALUE ... }]
//   DIR    >  client to server      <  server to client
//   BODY   FLAGS SEQ:END [ack N] [win N] [urg N] [<OPTION, ...>] [PAYLOAD]
//          udp N | echo ID SEQ | echoreply ID SEQ | icmp TYPE/CODE [quote N] [ PACKET ] | hex 4500...
//   FLAGS  letters of S F R P U E C and . for ACK; - for none
//   SEQ    relative to the direction's initial sequence number (0 is the SYN); END - SEQ counts payload, SYN and FIN
//   PAYLOAD "text" or 0xHEX, each with *N to repeat; left out: a pattern that depends on the sequence number alone, so
//   that
//          the pieces of a segment are what the same bytes would be by themselves
//   OPTION mss N, wscale N, sackOK, sack A:B ..., ts VAL ECR, nop[*N], eol[*N], opt KIND 0xHEX, raw 0xHEX, or an MPTCP
//   option
//          the way to_text() of src/mptcp writes it. Nothing is padded: the options must fill whole words.
//   KEYS   src dst sport dport id ttl tos csum ipcsum (sums: +N, wrong by that much) len (bytes cut off or added at the
//   end) #FLOW  #N has client port 40000+N; without it N is 1. Time: +T after the line before, @T since the start.
//
// Addresses: 192.0.2.1 and 198.51.100.1 port 5000, or 2001:db8::1 and 2001:db8:1::1. Initial sequence numbers are such
// that the client's wraps after 256 bytes and the server's changes sign.
#pragma once
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "path/seen.hh"
#include "wire/packet.hh"

namespace gauntlet::notation {

inline constexpr uint32_t kClientIsn = 0xffffff00, kServerIsn = 0x7fffff00;
inline constexpr uint16_t kClientPort = 40000, kServerPort = 5000;  // the client's plus the flow's number

struct Line {
  std::optional<Time> wait;  // +T
  std::optional<Time> at;    // @T
  Direction toward = Direction::to_server;
  bool only_time = false;  // the line was "+5ms" alone
  Packet packet;
};

class NotationError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

Line parse(std::string_view text, bool ipv6 = false);                  // throws NotationError
std::vector<uint8_t> parse_options(std::string_view text, Direction);  // what stands between < and >
std::string print(ConstBytes packet, Direction toward);
std::string hex(ConstBytes bytes);
std::vector<uint8_t> unhex(std::string_view text);  // throws NotationError
uint8_t pattern(uint32_t relative);                 // the payload byte at this relative sequence number

}  // namespace gauntlet::notation
