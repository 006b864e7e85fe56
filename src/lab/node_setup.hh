// What a node of the topology is told before the first packet: settings of its own namespace, addresses and routes as
// one `ip -batch`, offloads off. All of it is data for the worker and `gauntlet set-up`; nothing runs here.
#pragma once
#include <string>
#include <vector>

#include "lab/topology.hh"

namespace gauntlet {

using ArgumentList = std::vector<std::string>;

struct MptcpSettings {
  bool checksum_client = false, checksum_server = false;
  unsigned paths = 1;  // 2: the client joins from its second address
  bool syn_cookies = false;
  bool deny_join = false;       // the server sets the C bit
  uint64_t receive_buffer = 0;  // most bytes of it; 0: the usual
  unsigned announced = 0;       // ends that announce an address: the other one may join it
  bool second_server = false;   // the server has its second address
};

struct NodeSetup {
  std::vector<std::string> sysctl;  // KEY=VALUE, before any interface comes up; a key the kernel lacks is passed over
  std::vector<std::string> interfaces;  // whose offloads are off
  std::vector<std::string> ip;          // lines of `ip -batch -`
  std::vector<ArgumentList> commands;   // queue rules, added by the plan of the boxes
};

NodeSetup set_up(const Topology&, const Node&, const MptcpSettings&);

// A veth pair inside the router: what is sent into `end` enters the stack at `other` like a received frame.
void add_inject_pair(NodeSetup&, const std::string& end, const std::string& other);

}  // namespace gauntlet
