// Where the fields of one MPTCP option stand in its bytes (RFC 8684 section 3), by name: what a box that corrupts them
// needs. Lengths decide which form an option has, as for a receiver.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "wire/bytes.hh"

namespace gauntlet {

// `size` whole bytes at `at` from the kind byte, or (mask other than 0xff) these bits of the byte at `at`.
struct OptionPlace {
  size_t at = 0, size = 1;
  uint8_t mask = 0xff;
};

inline constexpr std::string_view kOptionFields =
    "length subtype version A B C H key peerkey datalen token nonce hmac addrid addrids bkup echo address port flags "
    "reserved fin dack dsn ssn maplen csum U V W T reason";

// A field's name, 8 letters at most, in one word: to be compared at every packet.
using OptionField = uint64_t;
constexpr OptionField option_field(std::string_view name) {
  OptionField f = 0;
  for (const char c : name) f = f << 8 | static_cast<uint8_t>(c);
  return f;
}
consteval OptionField operator""_field(const char* name, size_t size) { return option_field({name, size}); }

// Nothing when this option has no such field, or its bytes end before it. `option`: a kind-30 option, 3 bytes or more.
std::optional<OptionPlace> option_place(ConstBytes option, OptionField);

}  // namespace gauntlet
