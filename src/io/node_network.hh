// What a node's network namespace is told without a tool in between: settings, offloads, and whether its links are up.
// Everything here acts on the network namespace of the calling thread (NetNamespace::run). Failures throw SystemError.
#pragma once
#include <string>
#include <vector>

namespace gauntlet {

// "net.ipv4.ip_forward=1", as sysctl(8) writes it. A key this kernel does not have is passed over.
void write_setting(const std::string& assignment);

// Captures must see what crosses the link: segmentation and receive offloads go off. `checksum`: whether checksums are
// left to the link, too.
void set_offloads(const std::string& interface, bool checksum);

// Names of the links, loopback aside, whose operational state (RFC 2863 3.1.15) is not up.
std::vector<std::string> links_not_up();

}  // namespace gauntlet
