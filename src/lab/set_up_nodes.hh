// Brings up the network of a cell: what the plan says of each node is done in the network namespace of the process that
// holds it. One process for all nodes: some hundred cells a minute would spend half of their time on starting tools.
#pragma once
#include <sys/types.h>

#include <map>
#include <string>

#include "util/json.hh"

namespace gauntlet {

// `lab`: of plan.json. `holders`: node name -> a process in its namespace; every node of the plan has one. Settings
// come before the interfaces come up, offloads and rules before the first packet; returns when every link is up: a SYN
// sent earlier is lost and costs a second. Throws EnvironmentError that names node and command.
void set_up_nodes(const Json& lab, const std::map<std::string, pid_t>& holders);

}  // namespace gauntlet
