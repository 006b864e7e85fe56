// Which sockets of a run the kernel still keeps after close(): they go on sending, and counters move with them.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "util/time.hh"

namespace gauntlet {

class LingeringSockets {
 public:
  LingeringSockets();  // before the run: what is there already is not of the run
  // TCP sockets with the port at either end, without listeners and TIME_WAIT, plus MPTCP sockets beyond those there
  // were.
  unsigned left(uint16_t port) const;

 private:
  unsigned mptcp_before_;
};

// In a table in the form of /proc/net/tcp.
unsigned count_sockets(std::string_view table, uint16_t port);
// A TCP or MPTCP socket listens on the port, in the network namespace we are in.
bool somebody_listens(uint16_t port);
bool has_listener(std::string_view table, uint16_t port);  // in a table in the form of /proc/net/tcp
// The number of MPTCP sockets in a table in the form of /proc/net/protocols; 0 when it has no such line.
unsigned count_mptcp(std::string_view table);

}  // namespace gauntlet
