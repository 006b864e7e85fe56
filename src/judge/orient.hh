// Which end of a flow is the server's, where the captures began after its SYN and nobody named a server.
#pragma once
#include "judge/flows.hh"

namespace gauntlet {

// Servers (address and port) of flows that flows_of() turned the wrong way round for want of better than their ports: a
// packet loses TTL, or time where it does not, on its way from its sender's side. At most a few hundred.
std::vector<FlowAddress> servers_by_path(const Trace& client, const FlowSet& a, const Trace& server, const FlowSet& b);

}  // namespace gauntlet
