#include "judge/classes.hh"

#include <algorithm>

#include "mptcp/option.hh"
#include "wire/icmp.hh"

namespace gauntlet {

std::string class_of(const Trace& trace, const Flow& flow, Way way, size_t segment) {
  const std::vector<FlowSegment>& all = flow.half(way).segments;
  const FlowSegment& s = all[segment];
  std::string text;
  const auto add = [&](const char* word) { text += (text.empty() ? "" : "+") + std::string(word); };
  const bool pure = s.has(kAck) && !s.occupies() && !s.has(kRst);
  if (s.has(kSyn)) add(s.has(kAck) ? "synack" : "syn");
  // The opener's first segment without payload after the SYN/ACK completes the handshake.
  if (way == flow.opened && pure && !s.has(kSyn) &&
      std::all_of(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(segment),
                  [](const FlowSegment& before) { return before.has(kSyn); }))
    add("ack3");
  if (s.length > 0) add("data");
  if (pure) add("ack");
  if (s.has(kFin)) add("fin");
  if (s.has(kRst)) add("rst");
  for (const MptcpAt& at : mptcp_options(tcp_of(trace, s).options())) {
    const ConstBytes whole = tcp_of(trace, s).options().subspan(at.offset, at.size);
    if (const auto sub = subtype_of(whole); sub && *sub <= Subtype::tcprst) add(name_of(*sub));
  }
  return text;
}

std::string class_of_other(const TracedFrame& f) {
  if (f.layout.fragment) return "fragment";
  switch (f.layout.proto) {
    case kProtoIcmp:
    case kProtoIcmp6:
      return "icmp";
    case kProtoUdp:
      return "udp";
    case kProtoTcp:
      return "tcp";
    default:
      return "other";
  }
}

}  // namespace gauntlet
