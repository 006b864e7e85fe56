// Which packets of a router reach the queue of its boxes: everything between the endpoints' prefixes, both directions,
// TCP, UDP, ICMP errors and fragments alike; never neighbour discovery, whose addresses are outside those prefixes.
#pragma once
#include "lab/node_setup.hh"
#include "scenario/scenario.hh"

namespace gauntlet {

// Argument lists of iptables or ip6tables, to be run in the router. The rules stand from set-up to the end of the cell.
std::vector<ArgumentList> queue_rules(const Topology&, const Node& router, Hook at);

}  // namespace gauntlet
