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

// Nothing when this option has no such field, or its bytes end before it. `option`: a kind-30 option, 3 bytes or more.
std::optional<OptionPlace> option_place(ConstBytes option, std::string_view field);

}  // namespace gauntlet
