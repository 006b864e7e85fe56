// One end of a transport flow: address, protocol, port.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#include "wire/bytes.hh"

namespace gauntlet {

struct Endpoint {
  std::array<uint8_t, 16> address{};
  uint8_t size = 4;  // of the address: 4 or 16
  uint8_t proto = 0;
  uint16_t port = 0;  // TCP, UDP; the identifier of ICMP echo
  bool operator==(const Endpoint&) const = default;
  ConstBytes bytes() const { return {address.data(), size}; }

  struct Hash {
    size_t operator()(const Endpoint&) const;
  };
};

}  // namespace gauntlet
