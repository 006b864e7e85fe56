// What became of the connection, from the wire first: the closed list of outcomes (scenario.hh), as each end's own
// interface shows it, and the one both make together.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "judge/cell_evidence.hh"
#include "judge/difference.hh"

namespace gauntlet {

// How far one end got with MPTCP on the first subflow. In order: the later one decides what the connection is called.
enum class Kept : uint8_t { all_along, not_from_handshake, not_from_first_data, not_later, not_after_failure };

struct EndView {
  bool client = true;
  bool seen = false;  // there is a connection at this end
  Kept kept = Kept::all_along;
  bool sent_fail = false, got_fail = false;  // MP_FAIL on the first subflow, not on a RST
  bool follows = false;          // it fell back because the other end said so by an infinite mapping, nothing else
  std::optional<bool> socket;    // TCP_IS_MPTCP at the end, as the endpoint reported
  std::optional<FrameAt> where;  // the frame that shows it
  Time when{};                   // of that frame
  std::vector<std::string> story;
};

struct SubflowView {  // a joined subflow
  bool answered = false, established = false, reset = false;
  std::string reason;  // of MP_TCPRST, or empty
  std::optional<FrameAt> where;
};

struct OutcomeView {
  std::optional<Outcome> outcome;  // nullopt: no evidence to tell by
  EndView client, server;
  std::vector<SubflowView> joins;  // attempted by an MP_JOIN in a SYN
  SubflowView first;               // the first subflow: `reset` in mid-connection, which went on over another
  bool ends_disagree = false;
  // It ended badly, as plain TCP from the handshake on: what to call it where plain TCP itself ends so.
  std::optional<Outcome> as_plain;
  std::vector<std::string> story;
};

OutcomeView outcome_of(const RunEvidence& run, unsigned expected_subflows);

EndView view_of_end(const Trace& trace, const FlowSet& flows, bool client, uint16_t port, const EndpointFacts& report);
std::vector<SubflowView> view_of_joins(const RunEvidence& run, SubflowView& first);
const char* name_of(Kept);

}  // namespace gauntlet
