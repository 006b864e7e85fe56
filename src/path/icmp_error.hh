// The ICMP error a router would send about a packet: RFC 792 with as much of it as RFC 1812 4.3.2.3 asks for, RFC 4443.
#pragma once
#include <optional>
#include <string_view>

#include "wire/layout.hh"
#include "wire/packet.hh"

namespace gauntlet {

// `name`: net host port admin toobig ttl. `from`: 4 or 16 bytes, of the packet's family. `mtu` counts with toobig
// alone. Nothing about what may not be answered: a later fragment, an ICMP error, a packet that is not whole.
std::optional<Packet> make_icmp_error(ConstBytes packet, const Layout&, std::string_view name, uint16_t mtu,
                                      ConstBytes from);

}  // namespace gauntlet
