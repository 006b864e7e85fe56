#include "judge/flows.hh"

#include <algorithm>
#include <map>

#include "judge/flow_marks.hh"

namespace gauntlet {
namespace {

// Nearest 64-bit number to `near` that is congruent to `wire` modulo 2^32.
int64_t unwrap(uint32_t wire, int64_t near) {
  return near + static_cast<int32_t>(wire - static_cast<uint32_t>(static_cast<uint64_t>(near)));
}

using Tuple = std::pair<FlowAddress, FlowAddress>;  // smaller first

// Builds one flow segment by segment.
struct Builder {
  Flow flow;
  int64_t highest[2] = {0, 0};  // relative, per direction: what the next number is near to
  int64_t highest_ack[2] = {0, 0};
  bool closed[2] = {false, false};

  void learn_isn(Way way, uint32_t isn) {
    Half& half = flow.half(way);
    if (half.isn_known) return;
    half.isn_known = true;
    half.isn = isn;
  }
  void add(const TcpView& tcp, Way way, uint32_t frame, uint32_t length) {
    Half& half = flow.half(way);
    half.seen = true;
    if (tcp.has(kSyn)) learn_isn(way, tcp.seq());
    if (tcp.has(kSyn) && tcp.has(kAck)) learn_isn(reverse(way), tcp.ack() - 1);
    if (!half.isn_known && !tcp.has(kRst))
      learn_isn(way, tcp.seq() - 1);  // no SYN in the capture: the first byte seen is byte 1
    FlowSegment s;
    s.frame = frame;
    s.flags = tcp.flags();
    s.length = length;
    s.start = unwrap(tcp.seq() - half.isn, highest[index_of(way)]);
    const Half& other = flow.half(reverse(way));
    if (tcp.has(kAck)) {
      if (!other.isn_known) learn_isn(reverse(way), tcp.ack() - 1);
      s.ack = unwrap(tcp.ack() - other.isn, highest_ack[index_of(way)]);
      if (!tcp.has(kRst)) highest_ack[index_of(way)] = std::max(highest_ack[index_of(way)], s.ack);
    }
    if (!tcp.has(kRst)) highest[index_of(way)] = std::max(highest[index_of(way)], s.end());
    if (tcp.has(kFin) || tcp.has(kRst)) closed[index_of(way)] = true;
    half.segments.push_back(s);
    mark(flow.marks, tcp.options(), s, way, flow.opened);
  }
  // A SYN that cannot be a retransmission: another number on a known direction starts another connection on the same
  // tuple, once the one before got somewhere or while nobody answered it.
  bool starts_anew(const TcpView& tcp, Way way) const {
    if (!tcp.has(kSyn) || tcp.has(kAck)) return false;
    const Half& half = flow.half(way);
    return half.isn_known && half.isn != tcp.seq() &&
           (closed[0] || closed[1] || half.segments.size() > 1 || !flow.half(reverse(way)).seen);
  }
};

bool is_server(const FlowAddress& a, const std::vector<FlowAddress>& servers) {
  return std::any_of(servers.begin(), servers.end(), [&](const FlowAddress& s) {
    return s.size == a.size && s.bytes == a.bytes && (s.port == 0 || s.port == a.port);
  });
}

// Which way this first segment of a flow travels.
Way way_of_first(const FlowAddress& from, const FlowAddress& to, const TcpView& tcp,
                 const std::vector<FlowAddress>& servers) {
  const bool from_server = is_server(from, servers), to_server = is_server(to, servers);
  if (from_server != to_server) return to_server ? Way::c2s : Way::s2c;
  if (tcp.has(kSyn)) return tcp.has(kAck) ? Way::s2c : Way::c2s;
  return from.port >= to.port ? Way::c2s : Way::s2c;
}

// Room for the segments of long flows is asked for once: what a vector leaves behind while it grows is as much again.
class Room {
 public:
  explicit Room(size_t frames) : frames_(frames), left_(frames) {}
  void ask(std::vector<FlowSegment>& segments, size_t seen) {
    constexpr size_t kLong = 4096;
    if (segments.size() != kLong) return;
    const size_t all = std::min<size_t>(frames_, kLong * ((frames_ - seen) / seen + 1) * 21 / 20 + kLong);
    if (all > left_) return;
    left_ -= all;
    segments.reserve(all);
  }

 private:
  size_t frames_, left_;  // left: of one place for every frame
};

}  // namespace

FlowSet flows_of(const Trace& trace, const std::vector<FlowAddress>& servers) {
  FlowSet set;
  std::vector<Builder> builders;
  std::map<Tuple, size_t> live;
  Room room(trace.frames().size());
  for (uint32_t i = 0; i < trace.frames().size(); ++i) {
    TracedFrame f = trace.frames()[i];
    if (!f.layout.tcp || f.layout.fragment) {
      set.others.push_back(i);
      continue;
    }
    f.ip = trace.look(f);
    const TcpView tcp(f.ip, f.layout);
    const FlowAddress from = source_of(f), to = destination_of(f);
    const Tuple tuple = from < to ? Tuple{from, to} : Tuple{to, from};
    auto known = live.find(tuple);
    if (known != live.end()) {
      const Builder& b = builders[known->second];
      const Way way = b.flow.client == from ? Way::c2s : Way::s2c;
      if (b.starts_anew(tcp, way)) live.erase(known), known = live.end();
    }
    if (known == live.end()) {
      Builder b;
      const Way way = way_of_first(from, to, tcp, servers);
      b.flow.client = way == Way::c2s ? from : to;
      b.flow.server = way == Way::c2s ? to : from;
      b.flow.opened = tcp.has(kSyn) && tcp.has(kAck) ? reverse(way) : tcp.has(kSyn) ? way : Way::c2s;
      b.flow.first = f.time;
      known = live.emplace(tuple, builders.size()).first;
      builders.push_back(std::move(b));
    }
    Builder& b = builders[known->second];
    const uint32_t length = f.cut_short && f.layout.ip_total > f.layout.payload ? f.layout.ip_total - f.layout.payload
                                                                                : f.layout.payload_size;
    const Way way = b.flow.client == from ? Way::c2s : Way::s2c;
    b.add(tcp, way, i, length);
    room.ask(b.flow.half(way).segments, i + 1);
  }
  for (Builder& b : builders) set.flows.push_back(std::move(b.flow));
  return set;
}

TcpView tcp_of(const Trace& trace, const FlowSegment& s) {
  const TracedFrame& f = trace.frames()[s.frame];
  return {f.ip, f.layout};
}

ConstBytes payload_of(const Trace& trace, const FlowSegment& s) { return tcp_of(trace, s).payload(); }

}  // namespace gauntlet
