// A number for (addresses, protocol, ports, direction) of one packet. Equal flows have equal keys; others as good as
// never, and then only take the slower way out.
#pragma once
#include "path/seen.hh"
#include "util/rng.hh"
#include "wire/layout.hh"

namespace gauntlet {

inline uint64_t flow_key(ConstBytes packet, Direction toward) {
  const Layout l = layout_of(packet);
  const auto text = [&](size_t at, size_t n) {
    return at + n <= packet.size() ? std::string_view(reinterpret_cast<const char*>(packet.data()) + at, n)
                                   : std::string_view{};
  };
  uint64_t key = hash64(l.version == 4 ? text(12, 8) : text(8, 32), static_cast<uint64_t>(toward) << 8 | l.proto);
  if (!l.fragment && (l.proto == kProtoTcp || l.proto == kProtoUdp)) key = hash64(text(l.l4, 4), key);
  return key;
}

}  // namespace gauntlet
