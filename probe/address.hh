// An IPv4 or IPv6 address as its bytes.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "wire/bytes.hh"

namespace gauntlet {

struct IpAddress {
  uint8_t version = 0;                // 4, 6, or 0: none
  std::array<uint8_t, 16> storage{};  // network order; IPv4 uses the first four

  ConstBytes bytes() const { return {storage.data(), version == 4 ? 4u : version == 6 ? 16u : 0u}; }
  explicit operator bool() const { return version != 0; }
  friend bool operator==(const IpAddress&, const IpAddress&) = default;
  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;
};

IpAddress ip_address(ConstBytes bytes);  // of 4 or 16 bytes; none for any other count
std::optional<IpAddress> parse_ip_address(const std::string& text);
std::string to_text(const IpAddress&);  // "192.0.2.1", "2001:db8::1", "-" for none

}  // namespace gauntlet
