#include "judge/diff.hh"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

#include "judge/align_pieces.hh"
#include "judge/compare.hh"
#include "judge/early_ack.hh"
#include "judge/edges.hh"
#include "judge/late.hh"
#include "judge/mapping_sums.hh"
#include "judge/one_clock.hh"
#include "judge/orient.hh"
#include "judge/ttl.hh"
#include "judge/whole_packets.hh"
#include "mptcp/crypto.hh"

namespace gauntlet {
namespace {

std::optional<int64_t> fin_of(const Half& h) {
  for (const FlowSegment& s : h.segments)
    if (s.has(kFin)) return s.end() - 1;
  return std::nullopt;
}

// The servers that flows tell of beside those named.
void add_servers(const FlowSet& set, std::vector<FlowAddress>& servers) {
  std::set<FlowAddress> known(servers.begin(), servers.end());
  for (const Flow& f : set.flows) {
    FlowAddress host = f.server;
    host.port = 0;
    if (known.insert(host).second) servers.push_back(host);
  }
}

// Token -> the flow that opened the connection and told its keys.
using Connections = std::map<uint32_t, const Flow*>;
Connections connections_of(const FlowSet& set) {
  Connections all;
  if (std::none_of(set.flows.begin(), set.flows.end(), [](const Flow& f) { return f.marks.join_syn; })) return all;
  for (const Flow& f : set.flows)
    for (const auto& key : {f.marks.client_key, f.marks.server_key})
      if (key) all.try_emplace(token_of(*key), &f);
  return all;
}

// Of the sender of this way.
std::optional<uint64_t> key_of(Way way, const Flow& f, const Connections& connections) {
  const Flow* first = &f;
  if (f.marks.join_syn) {
    const auto found = connections.find(f.marks.token);
    if (found == connections.end()) return std::nullopt;
    first = found->second;
  }
  return way == Way::c2s ? first->marks.client_key : first->marks.server_key;
}

class Differ {
 public:
  Differ(const Trace& client, const Trace& server, const DiffOptions& options)
      : client_(client),
        server_(server),
        options_(options),
        a_(flows_of(client, options.servers)),
        b_(flows_of(server, options.servers)),
        late_(options.late) {
    if (!options.servers.empty()) return;
    const std::vector<FlowAddress> servers = servers_by_path(client, a_, server, b_);
    if (servers.empty()) return;
    a_ = flows_of(client, servers);
    b_ = flows_of(server, servers);
  }

  Diff run() {
    const std::vector<FlowPair> pairs = pair_flows(client_, a_, server_, b_);
    clock_.shared = one_clock(client_, a_, server_, b_, pairs);
    result_.shared_clock = clock_.shared;
    edges_.emplace(client_, server_, clock_.shared, options_.edge);
    at_client_ = connections_of(a_);
    at_server_ = connections_of(b_);
    if (!options_.ended_together)
      for (const FlowPair& p : pairs)
        if (p.a && p.b) edges_->went_on(a_.flows[*p.a], b_.flows[*p.b]);
    for (const FlowPair& p : pairs) {
      number_ = static_cast<int64_t>(result_.flows.size());
      const auto name = [](const FlowSet& set, std::optional<size_t> i) {
        return i ? to_text(set.flows[*i].client) + " > " + to_text(set.flows[*i].server) : std::string();
      };
      result_.flows.push_back({name(a_, p.a), name(b_, p.b), p.by});
      const Flow none_a, none_b;
      diff_pair(p.a ? a_.flows[*p.a] : none_a, p.b ? b_.flows[*p.b] : none_b);
    }
    report_alone();
    DiffOptions whole = options_;
    for (const FlowSet* set : {&a_, &b_}) add_servers(*set, whole.servers);
    diff_whole_packets(client_, a_.others, server_, b_.others, whole, *edges_, out_, result_);
    ttl_.report(out_);
    if (clock_.shared) late_.report(out_);
    result_.differences = out_.all();
    result_.omitted += out_.omitted();
    return std::move(result_);
  }

 private:
  void diff_pair(const Flow& at_client, const Flow& at_server) {
    SegmentBytes before[] = {{client_, at_client.half(Way::c2s)}, {server_, at_server.half(Way::s2c)}};
    Behind sides[2];
    for (const Way way : kWays) {
      const bool down = way == Way::c2s;
      Behind& behind = sides[index_of(way)];
      behind.half = &(down ? at_server : at_client).half(way);
      map_way((down ? at_client : at_server).half(way), before[index_of(way)], down ? server_ : client_, behind);
    }
    for (const Way way : kWays) {
      const bool down = way == Way::c2s;
      WayContext c;
      c.way = way;
      c.number = number_;
      c.name = result_.flows.back().client_name.empty() ? result_.flows.back().server_name
                                                        : result_.flows.back().client_name;
      c.tu = down ? &client_ : &server_;
      c.td = down ? &server_ : &client_;
      c.fu = down ? &at_client : &at_server;
      c.fd = down ? &at_server : &at_client;
      c.hu = &c.fu->half(way);
      c.hd = sides[index_of(way)].half;
      c.sent = &before[index_of(way)];
      c.arrived = &*sides[index_of(way)].bytes;
      c.stream = &sides[index_of(way)].map;
      c.acked = &sides[index_of(reverse(way))].map;
      c.sunk = &sides[index_of(way)].sunk;
      const Half &ru = c.fu->half(reverse(way)), &rd = c.fd->half(reverse(way));
      c.syn_arrived = std::any_of(c.hd->segments.begin(), c.hd->segments.end(),
                                  [](const FlowSegment& s) { return s.has(kSyn) && !s.has(kAck); });
      c.unshifted = c.hu->isn_known && c.hd->isn_known && c.hu->isn == c.hd->isn && ru.isn_known && rd.isn_known &&
                    ru.isn == rd.isn && c.sunk->empty() && sides[index_of(reverse(way))].sunk.empty() &&
                    c.stream->edits().empty() && c.acked->edits().empty();
      c.key = key_of(way, *c.fu, down ? at_client_ : at_server_);
      if (!c.key) c.key = key_of(way, *c.fd, down ? at_server_ : at_client_);
      c.acked_shifted = ru.isn_known && rd.isn_known && ru.isn != rd.isn;
      c.out = &out_;
      diff_way(c);
    }
  }

  // One way behind the box, and how its positions correspond to those before it.
  struct Behind {
    const Half* half = nullptr;
    std::optional<SegmentBytes> bytes;
    StreamMap map;
    std::vector<DownShift> sunk;
    Half own;  // where shifts were undone
  };
  static void map_way(const Half& u, SegmentBytes& before, const Trace& td, Behind& d) {
    constexpr size_t kMostShifts = 8;
    for (;;) {
      d.bytes.emplace(td, *d.half);
      d.map = map_streams(before, *d.bytes, fin_of(u), fin_of(*d.half));
      if (d.sunk.size() == kMostShifts) return;
      const auto down = find_down_shift(u, before, td, *d.half, *d.bytes, d.map);
      if (!down) return;
      d.sunk.push_back(*down);
      d.own = raised(*d.half, *down);
      d.half = &d.own;
    }
  }

  void diff_way(const WayContext& c) {
    AlignPieces pieces({c.tu, c.hu, c.stream, c.acked, false}, {c.td, c.hd, c.stream, c.acked, true}, clock_,
                       options_.piece);
    EarlyAcks early(c, clock_, *edges_);
    MappingSums sums(c);
    std::optional<Difference> shift;
    for (Piece piece; pieces.next(piece);) {
      const Alignment& found = piece.found;
      for (const Group& g : found.groups) {
        tally_group(c, g, piece.u, piece.d);
        const bool same = untouched(c, g, piece.u, piece.d);
        if (!same) compare_group(c, g, piece.u, piece.d);
        sums.add(g);
        if (same) continue;
        for (const uint32_t j : g.d)
          if (ack_raised(c, g, j, piece)) early.add(j, piece.d[j]);
      }
      for (const uint32_t i : found.reordered) out_.add(c.record("reordered", found.groups[i].u, found.groups[i].d));
      if (c.hu->isn_known && c.hd->isn_known && c.hu->isn != c.hd->isn && !found.groups.empty()) {
        if (!shift) {
          shift = c.record("isn_shift", found.groups.front().u, found.groups.front().d);
          shift->count = 0;
        }
        shift->count += found.groups.size();
      }
      for (const uint32_t j : found.only_d) early.add(j, piece.d[j]);
      for (const uint32_t j : piece.duplicated) early.add(j, piece.d[j]);
      presence(c, piece);
    }
    compare_stream(c);
    if (shift) {
      shift->field = "seq";
      shift->before = fmt::format("{}", c.hu->isn);
      shift->after = fmt::format("{}", c.hd->isn);
      shift->offset = -1;
      out_.add(std::move(*shift));
    }
    early.report();
  }

  void tally_group(const WayContext& c, const Group& g, const Units& u, const Units& d) {
    result_.compared += g.u.size();
    for (const uint32_t j : g.d) {
      const TracedFrame &f = c.frame_u(g.u.front()), &h = c.frame_d(j);
      ttl_.add(f.interface, h.interface, c.way, c.hu->segments[g.u.front()], u[g.u.front()].ttl, d[j].ttl,
               [&] { return c.record("ttl_delta", {g.u.front()}, {j}); });
    }
    if (options_cut(c, g)) result_.options_cut += g.u.size();
    // Of several that were cut otherwise the first part may leave before the last came.
    const bool several = g.u.size() > 1;
    const TracedFrame &last = c.frame_u(g.u.back()), &out = c.frame_d(several ? g.d.back() : g.d.front());
    const bool down = c.way == Way::c2s;
    if (!several || out.time >= last.time)
      late_.add(down ? last.interface : out.interface, down ? out.interface : last.interface, c.number, c.way,
                out.time - last.time, [&] { return c.record("delayed", g.u, g.d); });
  }

  // The acknowledgement was raised on the way. One that a box left as it was, though it gave other numbers to what is
  // acknowledged, is the receiver's own.
  static bool ack_raised(const WayContext& c, const Group& g, uint32_t j, const Piece& piece) {
    const auto said = [](const TracedFrame& f) { return TcpView(f.ip, f.layout).ack(); };
    return std::all_of(g.u.begin(), g.u.end(), [&](uint32_t i) {
      return piece.u[i].ack < piece.d[j].ack && said(c.frame_u(i)) != said(c.frame_d(j));
    });
  }

  // What only one side has. Whether it was in flight shows only when all flows are known.
  void presence(const WayContext& c, const Piece& piece) {
    for (const Group& g : piece.found.groups)
      edges_->matched(c.way, piece.u[g.u.back()].time, piece.d[g.d.front()].time);
    const auto explained = [](const Unit& x) {
      return x.occupies && x.start == x.end;
    };  // inside an insertion or deletion
    for (const uint32_t i : piece.found.only_u)
      if (!explained(piece.u[i])) alone(c, "dropped", {i}, {}, piece.u[i]);
    for (const uint32_t j : piece.found.only_d)
      if (!explained(piece.d[j])) alone(c, piece.d[j].has(kRst) ? "rst_injected" : "injected", {}, {j}, piece.d[j]);
    for (const uint32_t j : piece.duplicated) out_.add(c.record("duplicated", {}, {j}));
  }

  void alone(const WayContext& c, const char* kind, const std::vector<uint32_t>& u, const std::vector<uint32_t>& d,
             const Unit& unit) {
    if (alone_.size() == kMostAlone) {
      ++result_.omitted;
      return;
    }
    const bool opens = unit.has(kSyn) && !unit.has(kAck);
    alone_.push_back({c.record(kind, u, d), unit.time, unit.has(kSyn), opens && !c.syn_arrived});
  }

  void report_alone() {
    for (Alone& a : alone_) {
      if (edges_->in_flight(a.record, a.time, a.syn)) {
        ++result_.edges;
        continue;
      }
      // No SYN of this flow got through: one record for all of them, beside their own.
      std::optional<Difference> blocked;
      if (a.record.kind == "dropped" && a.blocked) blocked = a.record;
      out_.add(std::move(a.record));
      if (!blocked) continue;
      blocked->kind = "syn_blocked";
      out_.add_constant(std::move(*blocked));
    }
  }

  struct Alone {
    Difference record;
    Time time{};
    bool syn = false;
    bool blocked = false;  // a SYN of which no copy is on the other side
  };
  static constexpr size_t kMostAlone = 200'000;  // as many as there can be records
  const Trace& client_;
  const Trace& server_;
  const DiffOptions& options_;
  FlowSet a_, b_;
  Connections at_client_, at_server_;  // in these
  Clock clock_;
  std::optional<Edges> edges_;
  int64_t number_ = 0;
  Differences out_;
  TtlTally ttl_;
  LateTally late_;
  std::vector<Alone> alone_;
  Diff result_;
};

}  // namespace

Diff diff_traces(const Trace& client, const Trace& server, const DiffOptions& options) {
  return Differ(client, server, options).run();
}

}  // namespace gauntlet
