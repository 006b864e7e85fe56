// A packet of a real connection as a probe: which kind of segment it is, and its copies.
#pragma once
#include <string>

#include "probe/observation.hh"

namespace gauntlet {

// What tells kinds of segments apart: flags (not PSH), whether there is payload, and the options in order, each with
// its length and, of MPTCP, its subtype. Values do not count. "" for what is no TCP segment worth copying: a reset, a
// fragment, bytes that do not add up.
std::string kind_of(ConstBytes packet);

// "syn mp_capable", "data dss": for people.
std::string kind_name(ConstBytes packet);

// The copies: TTL 1 .. max_ttl, byte for byte the packet as it leaves the host. A checksum the network card was to
// finish is finished; of a segment the card was to cut (longer than `largest`), the first piece is taken. The
// identification of an IPv4 packet is id_base + kIdStep * TTL, so that a quote says which copy it quotes: with DF it
// has no meaning (RFC 6864 4.1). Empty when the packet cannot be copied.
ProbeRun shadow_run(ConstBytes packet, uint16_t id_base, uint8_t max_ttl, size_t largest);

}  // namespace gauntlet
