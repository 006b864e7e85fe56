// What a translator changes in the packet that an ICMP error quotes, beside the error's own addresses.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "judge/difference.hh"

namespace gauntlet {

// Overwrites in `packet`, a copy of `frame`, what translators rewrite in a quoted packet: addresses, ports, TCP numbers
// and the checksums over them. Nothing happens when the frame is no ICMP error with a quote.
void blank_quoted(std::vector<uint8_t>& packet, const TracedFrame& frame);

// Adds one record for each of these fields that differs between the error as it came and as it left: `addr_rewritten`,
// `port_rewritten`, `isn_shift` and `ack_shift` with a field that ends in "/quoted". A quoted packet travelled the
// other way than the error does: `like.way` is the error's, the records' is the quoted packet's, and so are before and
// after.
void compare_quoted(const TracedFrame& came, const TracedFrame& left, const Difference& like, Differences& out);

// True when the frame is an ICMP error about a packet from one of these addresses (to one: false), nullopt when it does
// not tell.
std::optional<bool> is_about_server(const TracedFrame& frame, const std::vector<FlowAddress>& servers);

}  // namespace gauntlet
