#include "judge/flow_marks.hh"

#include "wire/options.hh"

namespace gauntlet {
namespace {

void mark_capable(FlowMarks& m, const MpCapable& o, const FlowSegment& s, Way way, Way opened) {
  if (o.flags & 0x80) m.checksum[index_of(way)] = true;
  if (s.has(kSyn) && !s.has(kAck)) {
    m.capable_syn = true;
  } else if (s.has(kSyn)) {
    m.capable_synack = true;
    if (o.sender_key) (opened == Way::c2s ? m.server_key : m.client_key) = o.sender_key;
  } else if (way == opened && o.sender_key && o.receiver_key && !m.capable_ack) {
    m.capable_ack = true;
    (way == Way::c2s ? m.client_key : m.server_key) = o.sender_key;
    auto& other = way == Way::c2s ? m.server_key : m.client_key;
    if (!other) other = o.receiver_key;
  }
}

}  // namespace

void mark(FlowMarks& m, ConstBytes options, const FlowSegment& s, Way way, Way opened) {
  if (options.empty()) return;
  for (const MptcpAt& at : mptcp_options(options)) {
    if (const auto* capable = std::get_if<MpCapable>(&at.option)) {
      mark_capable(m, *capable, s, way, opened);
    } else if (const auto* syn = std::get_if<MpJoinSyn>(&at.option); syn && s.has(kSyn)) {
      m.join_syn = true;
      m.token = syn->token;
      m.client_nonce = syn->nonce;
    } else if (const auto* synack = std::get_if<MpJoinSynAck>(&at.option); synack && s.has(kSyn)) {
      m.join_synack = true;
      m.server_nonce = synack->nonce;
    } else if (std::holds_alternative<MpJoinAck>(at.option)) {
      m.join_ack = true;
    }
  }
}

bool has_mptcp(const Trace& trace, const FlowSegment& s) {
  return find_option(tcp_of(trace, s).options(), kOptMptcp).size != 0;
}

}  // namespace gauntlet
