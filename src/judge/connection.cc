#include "judge/in_window.hh"
#include "judge/shadow.hh"
#include "mptcp/crypto.hh"

namespace gauntlet {

std::vector<const Flow*> connection_at(const FlowSet& set, uint16_t port) {
  std::vector<const Flow*> flows;
  for (const Flow& f : set.flows)
    if (f.server.port == port && f.opened == Way::c2s && !f.marks.join_syn &&
        (flows.empty() || (f.marks.capable_syn && !flows[0]->marks.capable_syn)))
      flows.assign(1, &f);
  if (flows.empty()) return flows;
  const FlowMarks& m = flows[0]->marks;
  for (const Flow& f : set.flows) {
    if (!f.marks.join_syn) continue;
    const auto& key = f.opened == Way::c2s ? m.server_key : m.client_key;  // the token is the answering side's
    if (key && token_of(*key) == f.marks.token) flows.push_back(&f);
  }
  return flows;
}

ByteMap plain_stream(const Trace& trace, const Flow& flow, Way way, const ShadowOptions& options) {
  ByteMap map(options.limit);
  const std::vector<FlowSegment>& segments = flow.half(way).segments;
  const std::vector<bool> refused =
      options.at_receiver ? refused_by_tcp(trace, flow, way) : std::vector<bool>(segments.size(), false);
  for (size_t i = 0; i < segments.size(); ++i)
    if (const FlowSegment& s = segments[i]; s.length > 0 && !s.has(kRst) && !refused[i])
      map.insert(s.first_byte() - 1, payload_of(trace, s));
  return map;
}

}  // namespace gauntlet
