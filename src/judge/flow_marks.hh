// Reads what MPTCP says about a flow from its segments' options.
#pragma once
#include "judge/flows.hh"
#include "mptcp/option.hh"

namespace gauntlet {

// Adds what one segment's options say to what is known of its flow. `opened`: as in Flow.
void mark(FlowMarks& marks, ConstBytes options, const FlowSegment& s, Way way, Way opened);

// The first option of this type among a segment's well-formed kind-30 options.
template <typename T>
std::optional<T> mptcp_option(const Trace& trace, const FlowSegment& s) {
  for (const MptcpAt& at : mptcp_options(tcp_of(trace, s).options()))
    if (const T* found = std::get_if<T>(&at.option)) return *found;
  return std::nullopt;
}
// Any kind-30 option at all, well-formed or not.
bool has_mptcp(const Trace& trace, const FlowSegment& s);

}  // namespace gauntlet
