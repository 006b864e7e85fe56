// With an agent at the destination: what arrived there, and probes in the other direction of the same connections.
#include <algorithm>

#include "probe/answers.hh"
#include "probe/trace_agent.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

constexpr Duration kStragglers = std::chrono::milliseconds(30);  // for what is still on its way through the agent
constexpr Duration kBusy = std::chrono::milliseconds(300);       // more, for what is known to have arrived
constexpr size_t kMostPackets = 4096;

struct Endpoints {
  IpAddress source;
  uint16_t source_port, destination_port;
  uint32_t seq;
};

const std::vector<std::string>& back_specs() {
  static const std::vector<std::string> all{"synack/mss=1460/sack-ok/ts/nop/ws=7/mpcapable-synack",
                                            "synack/mss=1460/sack-ok/ts/nop/ws=7",
                                            "psh/ack/dss=ack8+map8+csum/len=64",
                                            "ack/dss=ack4",
                                            "ack/addaddr=192.0.2.77",
                                            "ack/sack=1000-2000",
                                            "psh/ack/dss=ack8+map8/text=HTTP\\/1.1 200 OK\\r\\n\\r\\n"};
  return all;
}

constexpr const char* kPlainSyn = "syn/mss=1460/sack-ok/ts/nop/ws=7";

CollectLimits mapping_limits(CollectLimits limits) {
  limits.most_paced = 2;  // what a router did not answer for want of tokens, it answers a second later
  return limits;
}

// As the agent saw it arrive: the first segment of a run that did.
std::optional<Endpoints> arrived_as(const ProbeRun& run) {
  for (const HopQuote& q : run.quotes) {
    const Layout l = layout_of(q.quote);
    if (q.type != kArrival || !l.tcp) continue;
    const TcpView t(q.quote, l);
    return Endpoints{ip_address(source_address(q.quote, l)), t.source(), t.destination(), t.seq()};
  }
  return std::nullopt;
}

bool same_segment(ConstBytes a, ConstBytes b) {
  const Layout la = layout_of(a), lb = layout_of(b);
  return la.tcp && lb.tcp && std::ranges::equal(a.subspan(la.l4), b.subspan(lb.l4));
}

// What the other end answered, or was sent so that nobody on the way answers, did arrive, or should have: an agent on a
// busy host says so late. So should what was said beside the probes, or the last of it would pass for lost, and what a
// box says in its place for it.
bool arrivals_missing(const Observation& seen, bool delivered) {
  const bool unheard = std::any_of(seen.spoken.begin(), seen.spoken.end(), [&](const auto& said) {
    return std::none_of(seen.strangers.begin(), seen.strangers.end(),
                        [&](const auto& came) { return same_segment(said, came); });
  });
  if (unheard) return true;
  return std::any_of(seen.runs.begin(), seen.runs.end(), [&](const ProbeRun& run) {
    const bool wanted = run.spec.proto == kProtoTcp && (delivered ? run.copies_only : !run.replies.empty());
    return wanted &&
           std::none_of(run.quotes.begin(), run.quotes.end(), [](const HopQuote& q) { return q.type == kArrival; });
  });
}

}  // namespace

void take_arrivals(ProbeTransport& there, Collector& collector, bool delivered) {
  const Time soon = there.now() + collector.slowest() + kStragglers, latest = soon + kBusy;
  for (size_t n = 0; n < kMostPackets; ++n) {
    const Time until = there.now() < soon || !arrivals_missing(collector.seen(), delivered) ? soon : latest;
    if (there.now() >= until || there.gone()) return;
    if (const auto arrival = there.receive(std::min(until, there.now() + kStragglers)))
      collector.arrived(arrival->packet);
  }
}

Observation probe_way_back(const TraceRequest& request, ProbeTransport& ours, const Observation& seen, uint8_t hops,
                           Duration slowest) {
  // The connection to pretend to: the first whose SYN/ACK we know, with the client's end as the server sees it.
  for (const ProbeRun& run : seen.runs) {
    const SynAnswer a = answer_of(run);
    if (!is_syn(run) || !a.syn_ack || run.name == "mpjoin") continue;
    ProbeFlow f = run.flow;
    std::swap(f.source_port, f.destination_port);
    f.source = request.agent_address;
    f.destination = request.our_address;
    f.ack = run.flow.seq + 1;
    for (const ProbeReply& r : run.replies) {
      const Layout l = layout_of(r.packet);
      if (l.tcp && TcpView(r.packet, l).has(kSyn)) f.seq = TcpView(r.packet, l).seq();
    }
    if (const auto seen_there = arrived_as(run)) {
      f.source_port = seen_there->destination_port;
      f.destination_port = seen_there->source_port;
      f.ack = seen_there->seq + 1;
    }
    std::vector<WantedProbe> wanted;
    for (const std::string& text : back_specs()) wanted.push_back({text, parse_spec(text)});
    for (size_t i = 2; i < wanted.size(); ++i) wanted[i].spec.seq_offset = 1;  // behind the SYN
    CollectLimits limits = request.limits;
    limits.most_paced = 0;
    Collector collector(*request.agent, f.source, f.destination, f.destination_port, limits);
    collector.copies(f, wanted, hops, std::max<Duration>(2 * slowest, std::chrono::milliseconds(20)));
    collector.deliver(static_cast<uint8_t>(hops + 1));
    take_arrivals(ours, collector, true);
    return collector.seen();
  }
  return {};
}

MappingProbes probe_mapping(const TraceRequest& request, ProbeTransport& ours, const Observation& seen,
                            const Observation& back, uint8_t hops, Duration slowest) {
  MappingProbes out;
  const auto translated = std::find_if(seen.runs.begin(), seen.runs.end(), [&](const ProbeRun& run) {
    const auto there = arrived_as(run);
    return there && there->source != request.source;
  });
  if (translated == seen.runs.end()) return out;
  const CollectLimits limits = mapping_limits(request.limits);
  const Duration patience = std::max<Duration>(2 * slowest, std::chrono::milliseconds(20));
  const ProbeSpec syn = parse_spec(kPlainSyn);
  ProbeFlow f = translated->flow;
  Collector forth(ours, request.source, request.destination, request.port, limits);
  f.source_port = ours.reserve_port(kProtoTcp);
  f.id_base = static_cast<uint16_t>(1 + ours.random() % 32000);
  f.seq = static_cast<uint32_t>(ours.random());
  forth.copies(f, {{"passes", syn}}, hops, patience);
  f.destination = arrived_as(*translated)->source;
  f.id_base = static_cast<uint16_t>(f.id_base + 32000);
  f.seq = static_cast<uint32_t>(ours.random());
  forth.copies(f, {{"to-our-outside", syn}}, hops, patience);
  out.forth = forth.seen();
  if (back.runs.empty()) return out;
  ProbeFlow b = back.runs.front().flow;
  Collector from_there(*request.agent, b.source, b.destination, b.destination_port, limits);
  const ProbeSpec ack = parse_spec("ack");
  b.id_base = static_cast<uint16_t>(1 + ours.random() % 32000);
  from_there.copies(b, {{"passes", ack}}, hops, patience);
  b.destination_port = static_cast<uint16_t>(b.destination_port ^ 0x2000);  // nobody's, but by a rare chance
  b.id_base = static_cast<uint16_t>(b.id_base + 32000);
  b.seq += 100000;
  from_there.copies(b, {{"to-no-mapping", ack}}, hops, patience);
  out.back = from_there.seen();
  return out;
}

}  // namespace gauntlet
