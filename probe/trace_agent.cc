// With an agent at the destination: what arrived there, and probes in the other direction of the same connections.
#include <algorithm>

#include "probe/answers.hh"
#include "probe/trace_agent.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

constexpr Duration kStragglers = std::chrono::milliseconds(30);  // for what is still on its way through the agent
constexpr size_t kMostPackets = 4096;

const std::vector<std::string>& back_specs() {
  static const std::vector<std::string> all{"synack/mss=1460/sack-ok/ts/nop/ws=7/mpcapable-synack",
                                            "synack/mss=1460/sack-ok/ts/nop/ws=7",
                                            "psh/ack/dss=ack8+map8+csum/len=64",
                                            "ack/dss=ack4",
                                            "ack/addaddr=192.0.2.77",
                                            "psh/ack/dss=ack8+map8/text=HTTP\\/1.1 200 OK\\r\\n\\r\\n"};
  return all;
}

}  // namespace

void take_arrivals(ProbeTransport& there, Collector& collector) {
  const Time until = there.now() + collector.slowest() + kStragglers;
  for (size_t n = 0; n < kMostPackets && there.now() < until; ++n)
    if (const auto arrival = there.receive(until)) collector.arrived(arrival->packet);
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
    for (const HopQuote& q : run.quotes) {
      const Layout l = layout_of(q.quote);
      if (q.type != kArrival || !l.tcp) continue;
      f.destination_port = TcpView(q.quote, l).source();
      f.ack = TcpView(q.quote, l).seq() + 1;
    }
    std::vector<WantedProbe> wanted;
    for (const std::string& text : back_specs()) wanted.push_back({text, parse_spec(text)});
    for (size_t i = 2; i < wanted.size(); ++i) wanted[i].spec.seq_offset = 1;  // behind the SYN
    CollectLimits limits = request.limits;
    limits.most_paced = 0;
    Collector collector(*request.agent, f.source, f.destination, f.destination_port, limits);
    collector.copies(f, wanted, hops, std::max<Duration>(2 * slowest, std::chrono::milliseconds(20)));
    collector.deliver(static_cast<uint8_t>(hops + 1));
    take_arrivals(ours, collector);
    return collector.seen();
  }
  return {};
}

}  // namespace gauntlet
