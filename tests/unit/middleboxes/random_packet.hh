// Random packets for property tests: mostly well-formed TCP of a few flows, some damaged, some junk.
#pragma once
#include "path/seen.hh"
#include "util/rng.hh"
#include "wire/packet.hh"

namespace gauntlet {

struct RandomPacket {
  Packet packet;
  Direction toward;
};

// Flows have client ports 40001 .. 40004. `junk`: one in three is damaged (options, lengths, checksums) or no TCP at
// all.
RandomPacket random_packet(Rng& rng, bool ipv6, bool junk);

}  // namespace gauntlet
