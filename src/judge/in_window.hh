// Which segments an end would not have taken (RFC 9293 3.10.7.4): signals on them were not received (RFC 8684 3).
#pragma once
#include <vector>

#include "judge/flows.hh"

namespace gauntlet {

// For each segment of f.half(way), as a capture at its receiver shows it: true when it lies outside the window that the
// receiver had offered by then. The capture is near the receiver, not in it: what lies within 64 KiB of the window's
// edges is given the benefit of the doubt, and so is everything before the receiver's first acknowledgement.
std::vector<bool> outside_window(const Trace& trace, const Flow& f, Way way);

// The same, and what no TCP takes wherever it stands: a wrong TCP or IPv4 header checksum. A checksum that was left to
// the card is none; what a snap length cut cannot be verified and counts as right.
std::vector<bool> refused_by_tcp(const Trace& trace, const Flow& f, Way way);

}  // namespace gauntlet
