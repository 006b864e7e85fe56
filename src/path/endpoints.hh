// The transport endpoints of a packet and of a packet quoted by an ICMP error, read and written: TCP and UDP ports, and
// the identifier of ICMP echo in the place of both.
#pragma once
#include <optional>

#include "path/nat_table.hh"
#include "wire/icmp.hh"
#include "wire/packet.hh"

namespace gauntlet {

// Empty when there are no ports to speak of (other protocols, later fragments, a header cut short).
std::optional<Endpoint> source_endpoint(ConstBytes packet, const Layout&);
std::optional<Endpoint> destination_endpoint(ConstBytes packet, const Layout&);
// Checksums follow by difference.
void set_source(Packet&, const Layout&, const Endpoint&);
void set_destination(Packet&, const Layout&, const Endpoint&);
void set_quoted_source(Packet&, const Layout& outer, const Quote&, const Endpoint&);
void set_quoted_destination(Packet&, const Layout& outer, const Quote&, const Endpoint&);

}  // namespace gauntlet
