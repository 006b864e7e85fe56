// An ICMP error as a quote, before it is known which probe it quotes.
#pragma once
#include <optional>

#include "probe/observation.hh"

namespace gauntlet {

// nullopt: not an ICMP error, or it does not quote a whole IP header. `ttl` and `rtt` are left to the caller.
std::optional<HopQuote> read_quote(ConstBytes packet);

}  // namespace gauntlet
