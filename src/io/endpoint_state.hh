// What is known about a run of an endpoint so far, and the report made of it.
#pragma once
#include <nlohmann/json.hpp>
#include <string>

#include "io/counters.hh"
#include "io/endpoint.hh"
#include "payload/verifier.hh"

namespace gauntlet {

enum class EndpointPhase { connect, accept, subflows, transfer, close, done };

struct EndpointState {
  EndpointPhase phase = EndpointPhase::connect;
  std::string result = "failed";  // ok, failed, stalled
  int error_number = 0;
  std::string error;
  std::string close;  // clean, early_eof, reset, aborted, timeout
  int family = 0;
  uint16_t port = 0;
  uint64_t sent = 0, send_total = 0, receive_total = 0;
  bool eof = false;
  Duration elapsed{}, longest_stall{}, subflows_waited{};
  unsigned subflows_seen = 0;
  unsigned extra_connections = 0;  // server: others that came to its port and were not served
  Json samples = Json::array();
  Json sockets;                  // what ss said: "end" of a run that failed, "left" when some would not go; else null
  Json actions = Json::array();  // what was done in mid-stream
  Json events;                   // of MPTCP, in this namespace; null: the kernel does not let us listen
  Counters before, after;
  bool sockets_gone = false;
};

Json report_of(const EndpointPlan&, const EndpointState&, const PayloadVerifier&);

}  // namespace gauntlet
