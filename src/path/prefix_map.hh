// Addresses of one prefix as those of another of the same length, without any state: IPv6 so that no checksum changes
// (RFC 6296 3), IPv4 bit by bit.
#pragma once
#include <array>
#include <optional>

#include "path/prefix.hh"

namespace gauntlet {

class PrefixMap {
 public:
  PrefixMap(const Prefix& inside, const Prefix& outside);  // throws UsageError when they are not of one kind and length

  const Prefix& inside() const { return inside_; }
  const Prefix& outside() const { return outside_; }
  // Empty for an address of another prefix, and for one that RFC 6296 3.6 cannot translate (its words are all ones).
  std::optional<std::array<uint8_t, 16>> out(ConstBytes address) const { return map(address, inside_, outside_); }
  std::optional<std::array<uint8_t, 16>> in(ConstBytes address) const { return map(address, outside_, inside_); }

 private:
  static std::optional<std::array<uint8_t, 16>> map(ConstBytes, const Prefix& from, const Prefix& to);
  Prefix inside_, outside_;
};

}  // namespace gauntlet
