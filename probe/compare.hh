// One quote against the packet that was sent: field by field, and only where the quote can tell.
//
// A field counts only if all its bytes are quoted and lie inside the quoted IP total length. What is not covered is
// never "deleted". Where option bytes are not quoted but the TCP checksum is, the checksum's linearity tells which edit
// was made (infer.hh). TTL and IPv4 header checksum change at every hop and are not compared.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "wire/bytes.hh"

namespace gauntlet {

enum class Evidence : uint8_t { equal, changed, not_covered, silent, rate_limited };
const char* name_of(Evidence);

struct FieldState {
  Evidence evidence = Evidence::not_covered;
  std::string verdict{};  // changed: "stripped-nop", "clamped", "changed", ... (verdict.hh says what each means)
  std::string before{}, after{};  // as text
  bool inferred = false;          // not read from quoted bytes but from the checksum or the length
  bool ambiguous = false;         // changed: one of several edits that explain the quote; the others are named alike
  bool weak = false;              // equal: not quoted, but the checksum is as it must be
};

using Fields = std::map<std::string, FieldState>;  // "ip.dscp", "tcp.seq", "tcp.mss", "mptcp.mp_capable", ...

struct Comparison {
  Fields fields;
  uint16_t quoted = 0;                 // bytes of the upper layer that are quoted, and inside the IP total length
  int32_t length_delta = 0;            // quoted IP total length minus sent
  bool checksum_updated = false;       // the TCP checksum is covered and fits what the quote shows
  std::optional<uint16_t> sum_change;  // quoted TCP checksum minus the one sent, ones' complement; empty: not covered
  bool readable = false;               // same IP version and protocol as sent
  std::vector<std::string> artefacts;  // fields the quoting router itself is known to damage
};

Comparison compare(ConstBytes sent, ConstBytes quote);

// How many bytes of a quote that may be filled up (HopQuote::filled) are data for certain. RFC 4884 4.1 fills it up
// with zeros to 128 bytes, a longer one to whole words; a router that had cut it shorter before leaves zeros that look
// like data. That zeros were sent there proves nothing once a box has moved options: zeros at the end of a segment
// count when its checksum is right with them.
size_t certain_size(ConstBytes sent, ConstBytes quote);

// The pieces of compare(); exposed for tests.
std::string feature_of(ConstBytes option);  // "tcp.mss", "mptcp.mp_capable", "tcp.option_253"
// The second option of a kind is "tcp.mss.2": gives "tcp.mss".
std::string first_of_its_kind(const std::string& feature);
std::string option_text(ConstBytes option);  // its value, for people
// `after` holds the option bytes that are quoted, of `after_size` there were.
void compare_options(ConstBytes before, ConstBytes after, size_t after_size, Fields& out);

}  // namespace gauntlet
