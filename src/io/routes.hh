// Where a packet goes from here: egress interface, next hop's link address, MTU; asked of the kernel by rtnetlink,
// remembered until the kernel says that a route, a neighbour or a link changed.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "io/netlink.hh"
#include "util/time.hh"
#include "wire/bytes.hh"

namespace gauntlet {

struct LinkInfo {
  uint32_t mtu = 0;
  uint32_t peer = 0;  // the other end of a veth pair in this network namespace, 0: none
  std::array<uint8_t, 6> mac{};
  bool ethernet = false;
};

struct NextHop {
  enum class State : uint8_t { ready, resolving, unreachable };
  State state = State::unreachable;
  int interface = 0;
  uint32_t mtu = 0;
  std::array<uint8_t, 6> mac{};       // zero on links without link addresses
  std::array<uint8_t, 16> gateway{};  // the neighbour asked for; identifies the hop with `interface`
};

class Routes {
 public:
  Routes();

  // `address`: destination, 4 or 16 bytes. `resolving`: the kernel was told to ask the neighbour; ask again later.
  // The reference is good until the next call of a member.
  const NextHop& to(ConstBytes address);
  const LinkInfo* link(int index);  // null when there is no such interface

  int fd() const { return news_.fd(); }  // readable: something changed, call refresh()
  void refresh();                        // forgets everything when there is news

 private:
  struct Key {
    std::array<uint8_t, 16> bytes{};
    uint8_t size = 0;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    size_t operator()(const Key&) const;
  };

  NextHop look_up(ConstBytes address);
  bool route(ConstBytes address, NextHop& hop, uint8_t& gateway_size);
  NextHop::State neighbour(NextHop& hop, uint8_t gateway_size);
  void solicit(const NextHop& hop, uint8_t gateway_size);

  Netlink ask_, news_;
  std::unordered_map<Key, NextHop, KeyHash> hops_;
  std::unordered_map<int, LinkInfo> links_;
};

}  // namespace gauntlet
