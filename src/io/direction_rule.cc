#include "io/direction_rule.hh"

#include <fmt/core.h>
#include <net/if.h>

#include <algorithm>

#include "util/error.hh"

namespace gauntlet {

void DirectionRule::resolve() {
  indexes_.clear();
  for (const std::string& name : client_interfaces) {
    const unsigned index = ::if_nametoindex(name.c_str());
    if (index == 0) throw UsageError(fmt::format("client-side interface {}: not in this network namespace", name));
    indexes_.push_back(index);
  }
}

Direction DirectionRule::toward(const Queued& q) const {
  const auto client_side = [&](uint32_t index) {
    return std::find(indexes_.begin(), indexes_.end(), index) != indexes_.end();
  };
  if (!indexes_.empty()) {
    if (q.in != 0) return client_side(q.in) ? Direction::to_server : Direction::to_client;
    if (q.out != 0)
      return client_side(q.out) ? Direction::to_client : Direction::to_server;  // the router's own packets
  }
  const ConstBytes packet(q.data, q.size);
  const uint8_t version = packet.empty() ? 0 : packet[0] >> 4;
  ConstBytes source;
  if (version == 4 && packet.size() >= 20) source = packet.subspan(12, 4);
  if (version == 6 && packet.size() >= 40) source = packet.subspan(8, 16);
  const bool from_client =
      std::any_of(client_prefixes.begin(), client_prefixes.end(), [&](const Prefix& p) { return p.contains(source); });
  return from_client ? Direction::to_server : Direction::to_client;
}

}  // namespace gauntlet
