#include "judge/classes.hh"

#include "mptcp/option.hh"
#include "wire/icmp.hh"

namespace gauntlet {

std::vector<std::string> classes_of(const Trace& trace, const Flow& flow, Way way) {
  std::vector<std::string> result;
  bool third =
      way == flow.opened;  // the opener's first segment without payload after the SYN/ACK completes the handshake
  for (const FlowSegment& s : flow.half(way).segments) {
    std::string text;
    const auto add = [&](const char* word) { text += (text.empty() ? "" : "+") + std::string(word); };
    const bool pure = s.has(kAck) && !s.occupies() && !s.has(kRst);
    if (s.has(kSyn)) add(s.has(kAck) ? "synack" : "syn");
    if (third && !s.has(kSyn)) {
      if (pure) add("ack3");
      third = false;
    }
    if (s.length > 0) add("data");
    if (pure) add("ack");
    if (s.has(kFin)) add("fin");
    if (s.has(kRst)) add("rst");
    for (const MptcpAt& at : mptcp_options(tcp_of(trace, s).options())) {
      const ConstBytes whole = tcp_of(trace, s).options().subspan(at.offset, at.size);
      if (const auto sub = subtype_of(whole); sub && *sub <= Subtype::tcprst) add(name_of(*sub));
    }
    result.push_back(std::move(text));
  }
  return result;
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
