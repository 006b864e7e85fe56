// What lies in a cell's folder (docs/evidence.md), read without believing it: whatever is missing or makes no sense
// becomes a problem with a name, never an exception.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "judge/flows.hh"
#include "judge/trace.hh"
#include "scenario/scenario.hh"

namespace gauntlet {

struct Problem {
  std::string reason;  // "evidence-missing", "evidence-damaged", "lab-error"
  std::string text;
};

struct EndpointFacts {  // one end's report (section 3)
  bool there = false;
  bool bytes_known = true;  // a program in place of our endpoint may keep to itself what it received
  std::string phase, result, close, error;
  int64_t error_number = 0;
  uint64_t sent = 0, send_total = 0, received = 0, receive_total = 0;
  bool eof = false, stalled = false, sockets_gone = false;
  uint32_t tag = 0;  // of the payload
  uint64_t subflows_wanted = 0, subflows_seen = 0, longest_stall_ms = 0, elapsed_ms = 0;
  std::optional<bool> mptcp_half, mptcp_end;  // TCP_IS_MPTCP of the samples
  std::map<std::string, int64_t> counters;    // differences
  std::vector<uint8_t> bytes;                 // what the application got
};

struct BoxFacts {  // one router's report (section 2)
  std::string file, node, mode;
  uint64_t hits = 0;
  std::map<std::string, uint64_t> adapter;
  std::vector<std::string> only;  // per box: the classes of segment it sees, "data"; empty: any
};

struct InterfaceFacts {
  uint64_t frames = 0, dropped = 0, truncated = 0;
};

struct RunEvidence {
  std::string name;
  uint16_t port = 0;
  EndpointFacts client, server;
  std::vector<BoxFacts> boxes;
  std::map<std::string, InterfaceFacts> capture;  // by interface
  std::vector<Trace> cuts;                        // in path order, client first
  std::vector<FlowSet> flows;                     // of the cuts
};

struct BoxPlace {
  std::string on, spec;
  size_t before = 0, after = 0;  // cuts
  bool acts_on_tcp = false;
  std::vector<DeclaredEdit> declares;
};

struct CellEvidence {
  Plan plan;
  bool readable = false;             // plan and evidence.json made sense: the rest can be judged
  std::vector<FlowAddress> servers;  // the server's address, port 0
  std::vector<std::vector<std::string>> cuts;
  std::vector<BoxPlace> boxes;
  std::vector<RunEvidence> runs;
  std::vector<Problem> problems;
  const RunEvidence* run(const std::string& name) const;
};

CellEvidence read_cell(const std::string& folder);

// Parts of it. They add to `problems`.
EndpointFacts read_endpoint(const std::string& folder, const std::string& run, const std::string& role,
                            std::vector<Problem>& problems);
std::vector<BoxFacts> read_boxes(const std::string& folder, const std::string& run, std::vector<Problem>& problems);
std::map<std::string, InterfaceFacts> read_capture_report(const std::string& folder, const std::string& run,
                                                          std::vector<Problem>& problems);

}  // namespace gauntlet
