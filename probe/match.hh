// Which probe does this packet belong to? Boxes rewrite sequence numbers, ports and identifications; the TTL and the
// flow are written into several fields, so what one box left alone still names the probe. What is not ours as far
// as its bits tell is nobody's.
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

// `tied`, when given, gets the runs that fit equally well and better than all others: it is one of them.
std::optional<Match> match_quote(const std::vector<ProbeRun>&, const HopQuote&, std::vector<size_t>* tied = nullptr);
std::optional<Match> match_reply(const std::vector<ProbeRun>&, ConstBytes packet);

}  // namespace gauntlet
