// Keys, tokens, HMACs and the DSS checksum of MPTCP v1 (RFC 8684 3.1, 3.2, 3.3.1, 3.4.1; SHA-256). Host order
// throughout.
#pragma once
#include <array>
#include <cstdint>

#include "wire/bytes.hh"

namespace gauntlet {

uint32_t token_of(uint64_t key);  // most significant 32 bits of SHA-256(key) (3.2)
uint64_t idsn_of(uint64_t key);   // least significant 64 bits of SHA-256(key) (3.1)

using Hmac = std::array<uint8_t, 32>;
// HMAC-SHA256 with key = `first` || `second` over nonces `first_nonce` || `second_nonce` (3.2).
Hmac join_hmac(uint64_t first, uint64_t second, uint32_t first_nonce, uint32_t second_nonce);
// Rightmost 64 bits of HMAC-SHA256(sender key || receiver key, address ID || address || port) (3.4.1). No port: two
// zero bytes.
uint64_t add_addr_hmac(uint64_t sender, uint64_t receiver, uint8_t address_id, ConstBytes address, uint16_t port);

// The checksum field's value for one mapping (3.3.1): over DSN (64 bits), SSN, length, a zero word and the payload.
uint16_t dss_checksum(uint64_t dsn, uint32_t ssn, uint16_t length, ConstBytes payload);
// The same from a one's-complement sum of the payload (wire/checksum.hh), for receivers that see the payload in pieces.
uint16_t dss_checksum_of_sum(uint64_t dsn, uint32_t ssn, uint16_t length, uint16_t payload_sum);

}  // namespace gauntlet
