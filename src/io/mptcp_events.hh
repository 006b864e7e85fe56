// What the kernel tells the world about MPTCP connections of this network namespace, as `ip mptcp monitor` shows it:
// created, established, subflows that come and go and why, addresses announced and removed. A fallback makes no event.
#pragma once
#include <optional>

#include "io/netlink.hh"
#include "util/json.hh"

namespace gauntlet {

class MptcpEvents {
 public:
  MptcpEvents();  // listens from here on; where the kernel does not let it, listening() is false
  bool listening() const { return socket_.has_value(); }
  int fd() const { return socket_ ? socket_->fd() : -1; }
  // Appends what has arrived to `out` (an array), each with "ms": `now_ms`. An overrun is an event of its own: "lost".
  void collect(Json& out, int64_t now_ms);

 private:
  std::optional<Netlink> socket_;
  uint16_t family_ = 0;
};

}  // namespace gauntlet
