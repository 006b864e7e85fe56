// Packets without a TCP view (UDP, ICMP, fragments), compared whole: all bytes but TTL and the IPv4 header checksum.
#pragma once
#include "judge/diff.hh"
#include "judge/edges.hh"
#include "judge/flows.hh"

namespace gauntlet {

// True for what belongs to one link or to a router's own business (neighbour discovery, multicast), never to the path.
bool is_local(const TracedFrame&);

void diff_whole_packets(const Trace& client, const std::vector<uint32_t>& at_client, const Trace& server,
                        const std::vector<uint32_t>& at_server, const DiffOptions& options, Edges& edges,
                        Differences& out, Diff& result);

}  // namespace gauntlet
