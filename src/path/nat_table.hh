// Which inside address and port is which outside one (RFC 4787: endpoint-independent mapping, paired pooling). Bounded
// by the outside ports there are and by `limit`: past it the mapping that was quiet longest goes.
#pragma once
#include <array>
#include <cstdint>
#include <list>
#include <optional>
#include <unordered_map>

#include "path/prefix.hh"
#include "util/rng.hh"

namespace gauntlet {

struct Endpoint {
  std::array<uint8_t, 16> address{};
  uint8_t size = 4;  // of the address: 4 or 16
  uint8_t proto = 0;
  uint16_t port = 0;  // TCP, UDP; the identifier of ICMP echo
  bool operator==(const Endpoint&) const = default;
  ConstBytes bytes() const { return {address.data(), size}; }
};

class NatTable {
 public:
  NatTable(const Prefix& pool, bool keep_ports, Rng rng, size_t limit = 65536);

  std::optional<Endpoint> outside_of(const Endpoint& inside, bool may_make);  // empty: none, and none could be made
  std::optional<Endpoint> inside_of(const Endpoint& outside);
  const Prefix& pool() const { return pool_; }
  size_t size() const { return by_use_.size(); }
  uint64_t forgotten() const { return forgotten_; }

 private:
  struct Mapping {
    Endpoint inside, outside;
  };
  using Place = std::list<Mapping>::iterator;
  struct Hash {
    size_t operator()(const Endpoint&) const;
  };

  std::array<uint8_t, 16> pool_address(const Endpoint& inside);
  // The ports of one outside address and protocol.
  struct Space {
    uint32_t next = 0;  // where to look first
    uint32_t used = 0;  // of those that are given out by choice
  };
  Space& space_of(Endpoint outside);
  std::optional<uint16_t> free_port(Endpoint outside, uint16_t wanted);
  void forget_oldest();

  Prefix pool_;
  bool keep_;
  Rng rng_;
  size_t limit_;
  uint64_t forgotten_ = 0;
  std::list<Mapping> by_use_;  // quiet longest first
  std::unordered_map<Endpoint, Place, Hash> inside_, outside_;
  std::unordered_map<Endpoint, Space, Hash> spaces_;    // by outside address and protocol
  std::unordered_map<Endpoint, uint32_t, Hash> pairs_;  // inside address (port 0) -> number of its pool address
};

}  // namespace gauntlet
