// What `ss` says about the sockets of a port, and about all MPTCP sockets of the namespace: for people who look at a
// run that did not end well.
#pragma once
#include "util/json.hh"

namespace gauntlet {

// Lines as ss prints them (addresses, state, timers, memory, tcp_info, MPTCP flags of subflows). Never throws: what
// went wrong is the one line.
Json list_sockets(uint16_t port);

}  // namespace gauntlet
