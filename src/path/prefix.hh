// An address prefix, IPv4 or IPv6: "192.0.2.0/24", "2001:db8::1" (the whole address).
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wire/bytes.hh"

namespace gauntlet {

struct Prefix {
  std::array<uint8_t, 16> address{};  // wire order; 4 bytes used for IPv4
  uint8_t size = 4;                   // 4 or 16 bytes
  uint8_t bits = 32;                  // 0 .. 8 * size

  ConstBytes bytes() const { return {address.data(), size}; }
  bool contains(ConstBytes other) const;  // false for an address of the other family
};

Prefix parse_prefix(std::string_view text);  // throws UsageError
// "203.0.113.0/28+2001:db8:ff::/64": at most one of each family. Throws UsageError.
std::vector<Prefix> parse_prefixes(std::string_view text);
std::string address_text(ConstBytes address);  // 4 or 16 bytes

}  // namespace gauntlet
