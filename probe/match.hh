// Which probe does this packet belong to? Boxes rewrite sequence numbers, ports and identifications; the TTL and the
// flow are written into several fields, so what one box left alone still names the probe. What is not ours for certain
// is nobody's.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "probe/observation.hh"

namespace gauntlet {

struct Match {
  size_t run = 0;
  uint8_t ttl = 0;  // 0: the run is certain, its TTL is not
};

std::optional<Match> match_quote(const std::vector<ProbeRun>&, const HopQuote&);
std::optional<Match> match_reply(const std::vector<ProbeRun>&, ConstBytes packet);

}  // namespace gauntlet
