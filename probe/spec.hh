// What a probe looks like, in a line a person can read and type.
//
// Words separated by '/', in the order the bytes stand in the packet:
// clang-format off
//   syn ack fin rst psh urg ece cwr   flags of a TCP segment
//   udp | icmp                        another protocol
//   mss=N ws=N sack-ok ts nop eol     TCP options, in this order
//   sack=L-R                          a SACK block, relative to the acknowledgement number
//   opt=KIND:HEX                      any option
//   pad=nop | pad=eol                 what fills the last word of the options (nop)
//   mpcapable mpcapable-v0            SYN forms (RFC 8684 3.1, 4 bytes; RFC 6824, 12 bytes)
//   mpcapable-ack                     third ACK with both keys
//   mpcapable-data[=csum]             the same with the first data
//   mpjoin[=TOKEN]                    SYN form; the token is random unless given (hex)
//   dss=WORD+WORD                     of: ack4 ack8 map4 map8 csum fin
//   addaddr=IP addaddr-echo=IP rmaddr=ID,ID mpprio[=backup] mpfail[=DSN] fastclose tcprst[=REASON]
//   len=N text=... data=HEX           payload: N position-coded bytes, characters (\r \n, \s = space, \/ = '/'), bytes
//   dscp=N ecn=N win=N dport=N        header fields
//   seq=+N                            relative to the flow's next byte
//   fresh                             every TTL sends bytes of its own, as one of two segments in a row
//   hex=...                           a whole TCP segment from its header on; ports, numbers and checksum are ours
// clang-format on
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gauntlet {

struct OptionWord {
  std::string word, value;  // "mss", "1460"
};

struct ProbeSpec {
  std::string text;   // as written
  uint8_t proto = 6;  // 6 TCP, 17 UDP, 1 ICMP echo (58 is sent to an IPv6 target)
  uint8_t flags = 0;
  std::vector<OptionWord> options;  // in order; encoded by the crafter, which knows keys and numbers
  bool pad_eol = false;
  std::vector<uint8_t> payload;
  uint8_t dscp = 0, ecn = 0;
  std::optional<uint16_t> window, destination_port;
  int32_t seq_offset = 0;
  bool fresh = false;            // bytes of the stream that are this TTL's own: no copy repeats another's
  std::vector<uint8_t> segment;  // hex=: overrides everything above but dscp, ecn and dport

  std::string segment_name() const;  // "syn", "synack", "ack3", "data", "ack", "fin", "rst", "udp", "icmp"
  bool has_option(const std::string& word) const;
};

ProbeSpec parse_spec(const std::string& text);  // throws UsageError naming the word and what is accepted

}  // namespace gauntlet
