// What a box may remember of a segment. A damaged one never arrives: the receiver drops it, and its sender sends it
// again, so a box that keeps state passes it on and learns nothing; from a stray SYN neither. A fragment or a packet
// that is cut short cannot be checked and counts as undamaged. This reads the whole packet: boxes that only edit
// headers do not ask.
#pragma once
#include "path/seen.hh"
#include "wire/checksum.hh"

namespace gauntlet {

inline bool teaches(ConstBytes packet, const Seen& seen) { return !seen.stray && l4_checksum_ok(packet, seen.layout); }

}  // namespace gauntlet
