#include "judge/orient.hh"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "util/rng.hh"

namespace gauntlet {
namespace {

// The first frame of the flow was no SYN: its ports said who is the client.
bool guessed(const Flow& f) {
  const FlowSegment* first = nullptr;
  for (const Way way : kWays)
    if (const auto& s = f.half(way).segments; !s.empty() && (!first || s.front().frame < first->frame)) first = &s[0];
  return first && !first->has(kSyn);
}

struct Place {
  size_t flow;
  Way way;
  uint32_t frame;
};

// What a NAT leaves of a segment.
uint64_t key_of(const Trace& t, const FlowSegment& s) {
  const TcpView tcp = tcp_of(t, s);
  const uint32_t words[] = {tcp.seq(), tcp.ack(), s.length, s.flags};
  return hash64({reinterpret_cast<const char*>(words), sizeof words});
}

// More than 0: the packet was on `x` before it was on `y`.
int before(const TracedFrame& x, const TracedFrame& y) {
  const auto hops = [](const TracedFrame& f) { return int{f.ip[f.layout.version == 4 ? 8 : 7]}; };
  if (hops(x) != hops(y)) return hops(x) > hops(y) ? 1 : -1;
  return x.time < y.time ? 1 : x.time > y.time ? -1 : 0;
}

// Looks for the first segments of what was guessed on this side among the other side's.
void look(const Trace& here, const FlowSet& mine, const Trace& there, const FlowSet& others, bool at_client,
          std::set<FlowAddress>& servers) {
  constexpr size_t kFirst = 8, kPlaces = 64 << 10, kMost = 256;  // a storm of such flows is not looked through
  std::unordered_map<uint64_t, Place> first;
  for (size_t i = 0; i < mine.flows.size() && first.size() < kPlaces; ++i) {
    if (!guessed(mine.flows[i])) continue;
    for (const Way way : kWays) {
      const auto& all = mine.flows[i].half(way).segments;
      for (size_t k = 0; k < std::min(kFirst, all.size()); ++k)
        first.try_emplace(key_of(here, all[k]), Place{i, way, all[k].frame});
    }
  }
  if (first.empty()) return;
  std::unordered_map<size_t, int> turned;  // votes for the other way round
  for (const Flow& f : others.flows) {
    const bool known = !guessed(f);
    for (const Way way : kWays) {
      for (const FlowSegment& s : f.half(way).segments) {
        there.passed(1);
        const auto found = first.find(key_of(there, s));
        if (found == first.end()) continue;
        const Place& p = found->second;
        const int came = before(here.frames()[p.frame], there.frames()[s.frame]) * (at_client ? 1 : -1);
        const int up = known ? (way == Way::c2s ? 1 : -1) : came;  // more than 0: the client sent it
        turned[p.flow] += p.way == Way::c2s ? -up : up;
      }
    }
  }
  for (const auto& [flow, votes] : turned)
    if (votes > 0 && servers.size() < kMost) servers.insert(mine.flows[flow].client);
}

}  // namespace

std::vector<FlowAddress> servers_by_path(const Trace& client, const FlowSet& a, const Trace& server, const FlowSet& b) {
  std::set<FlowAddress> servers;
  look(client, a, server, b, true, servers);
  look(server, b, client, a, false, servers);
  return {servers.begin(), servers.end()};
}

}  // namespace gauntlet
