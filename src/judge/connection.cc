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

ByteMap plain_stream(const Trace& trace, const Flow& flow, Way way, uint64_t limit) {
  ByteMap map(limit);
  for (const FlowSegment& s : flow.half(way).segments)
    if (s.length > 0 && !s.has(kRst)) map.insert(s.first_byte() - 1, payload_of(trace, s));
  return map;
}

}  // namespace gauntlet
