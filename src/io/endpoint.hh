// The endpoint pair: one connection over the kernel's MPTCP (or plain TCP, the control), position-coded payload in both
// directions at once, and a report of what became of it (docs/evidence.md section 3). One thread, event driven.
#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include "io/endpoint_actions.hh"
#include "util/json.hh"
#include "util/time.hh"

namespace gauntlet {

enum class EndpointLoad { paced, bulk, pingpong };
const char* name_of(EndpointLoad);

struct EndpointPlan {
  bool server = false;
  bool mptcp = true;  // false: IPPROTO_TCP
  std::string bind;   // numeric address; a client may leave it empty
  std::string to;     // client: numeric address
  uint16_t port = 0;  // server: 0 takes a free one
  std::string run;    // name for the report
  EndpointLoad load = EndpointLoad::paced;
  uint64_t up = 0, down = 0;                     // bytes of the client's and of the server's stream
  std::string preface_up;                        // the client's first bytes, before its `up` bytes; a write per line
  uint32_t tag = 0;                              // names the two streams in their payload
  size_t write = 0;                              // bytes of one write, of one turn of pingpong; 0: 1000, for bulk 65536
  Duration tick = std::chrono::milliseconds(1);  // paced: one write each
  unsigned subflows = 1;                         // waits for so many established ones before it sends (mptcp only) ...
  Duration subflow_wait = std::chrono::seconds(2);  // ... but no longer
  bool wait = true;
  bool fast_open = false;                    // TCP Fast Open: the first bytes go with the SYN once a cookie is known
  uint16_t cookie_port = 0;                  // fetch one first, over a connection of its own to this port; 0: do not
  std::string congestion;                    // TCP_CONGESTION; empty: the system's
  Duration stall = std::chrono::seconds(5);  // without progress: stalled
  // Of everything up to the close; a server counts anew from the connection on, having waited for it as long.
  Duration limit = std::chrono::seconds(20);
  bool accept_for_ever = false;                     // server: the limit does not end the wait for a client
  Duration linger_limit = std::chrono::seconds(5);  // until no socket of the run is left
  std::vector<EndpointAction> actions;              // in the order of their bytes
  bool closes_last = false;  // does not end its stream before the other end did (RFC 8041 3.6: passive close)
  std::string received;      // file for the bytes the application got; empty: none
};

// Runs it to its end; a transfer that fails is a result, not an exception. `listening` is called with the port when a
// server is ready. SIGTERM and SIGINT end it early, with the report of what is known. Throws SystemError or
// EnvironmentError when the machine refuses (no MPTCP, no such address, port in use), UsageError for a malformed
// address.
Json run_endpoint(const EndpointPlan& plan, const std::function<void(uint16_t port)>& listening = {});

// While it waits for subflows, one end sends so much ahead, as part of its stream: the client, or, when it has nothing
// to send, the server. Without a byte acknowledged by a DATA_ACK the initiator cannot know that MPTCP got through (RFC
// 8684 3.1, 3.7), and Linux 6.18 sends no MP_JOIN before.
inline constexpr size_t kPreamble = 1000;  // bytes; at most one write

}  // namespace gauntlet
