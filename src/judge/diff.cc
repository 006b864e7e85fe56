#include "judge/diff.hh"

#include <fmt/core.h>

#include <algorithm>

#include "judge/align.hh"
#include "judge/classes.hh"
#include "judge/compare.hh"
#include "judge/ttl.hh"
#include "judge/whole_packets.hh"

namespace gauntlet {
namespace {

// A flow as one side shows it, ready to be compared in both directions.
struct Streams {
  StreamMap maps[2];  // by Way
};

ByteMap bytes_of(const Trace& t, const Half& h) {
  ByteMap map;
  for (const FlowSegment& s : h.segments)
    if (s.length > 0 && !s.has(kRst)) map.insert(s.first_byte(), payload_of(t, s));
  return map;
}

std::optional<int64_t> fin_of(const Half& h) {
  for (const FlowSegment& s : h.segments)
    if (s.has(kFin)) return s.end() - 1;
  return std::nullopt;
}

// True when one clock can have stamped both sides: handshakes cross between them forwards in time, in either direction.
bool one_clock(const Trace& client, const FlowSet& a, const Trace& server, const FlowSet& b,
               const std::vector<FlowPair>& pairs) {
  const auto crossed = [](Time sent, Time arrived) {
    return arrived + std::chrono::milliseconds(1) >= sent && arrived <= sent + std::chrono::seconds(5);
  };
  for (const FlowPair& p : pairs) {
    if (!p.a || !p.b) continue;
    for (const Way way : kWays) {
      const Half &x = a.flows[*p.a].half(way), &y = b.flows[*p.b].half(way);
      if (x.segments.empty() || y.segments.empty() || !x.segments[0].has(kSyn) || !y.segments[0].has(kSyn)) continue;
      const Time at_client = client.frames()[x.segments[0].frame].time,
                 at_server = server.frames()[y.segments[0].frame].time;
      if (way == Way::c2s ? !crossed(at_client, at_server) : !crossed(at_server, at_client)) return false;
    }
  }
  return true;
}

class Differ {
 public:
  Differ(const Trace& client, const Trace& server, const DiffOptions& options)
      : client_(client),
        server_(server),
        options_(options),
        a_(flows_of(client, options.servers)),
        b_(flows_of(server, options.servers)) {}

  Diff run() {
    const std::vector<FlowPair> pairs = pair_flows(client_, a_, server_, b_);
    clock_.shared = one_clock(client_, a_, server_, b_, pairs);
    result_.shared_clock = clock_.shared;
    for (const Trace* t : {&client_, &server_}) {
      for (const TracedFrame& f : t->frames()) {
        first_ = std::min(first_, f.time);
        last_ = std::max(last_, f.time);
      }
    }
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
    diff_whole_packets(client_, a_.others, server_, b_.others, options_, out_, result_);
    ttl_.report(out_);
    result_.differences = out_.all();
    result_.omitted = out_.omitted();
    return std::move(result_);
  }

 private:
  void diff_pair(const Flow& at_client, const Flow& at_server) {
    StreamMap maps[2];
    for (const Way way : kWays) {
      const bool down = way == Way::c2s;
      const Half &u = (down ? at_client : at_server).half(way), &d = (down ? at_server : at_client).half(way);
      maps[index_of(way)] = map_streams(bytes_of(down ? client_ : server_, u), bytes_of(down ? server_ : client_, d),
                                        fin_of(u), fin_of(d));
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
      c.hd = &c.fd->half(way);
      c.stream = &maps[index_of(way)];
      c.acked = &maps[index_of(reverse(way))];
      const Half &ru = c.fu->half(reverse(way)), &rd = c.fd->half(reverse(way));
      c.acked_shifted = ru.isn_known && rd.isn_known && ru.isn != rd.isn;
      c.out = &out_;
      diff_way(c);
    }
  }

  void diff_way(WayContext& c) {
    const auto classes_u = classes_of(*c.tu, *c.fu, c.way), classes_d = classes_of(*c.td, *c.fd, c.way);
    c.classes_u = &classes_u;
    c.classes_d = &classes_d;
    const auto u = units_of(*c.tu, *c.hu, *c.stream, *c.acked, false),
               d = units_of(*c.td, *c.hd, *c.stream, *c.acked, true);
    const Alignment found = align(u, d, clock_);
    for (const Group& g : found.groups) compare_group(c, g, u, d);
    for (const uint32_t i : found.reordered) out_.add(c.record("reordered", found.groups[i].u, found.groups[i].d));
    compare_stream(c);
    if (c.hu->isn_known && c.hd->isn_known && c.hu->isn != c.hd->isn && !found.groups.empty()) {
      Difference r = c.record("isn_shift", found.groups.front().u, found.groups.front().d);
      r.field = "seq";
      r.before = fmt::format("{}", c.hu->isn);
      r.after = fmt::format("{}", c.hd->isn);
      r.offset = -1;
      r.count = found.groups.size();
      out_.add(std::move(r));
    }
    presence(c, u, d, found);
  }

  void compare_group(const WayContext& c, const Group& g, const std::vector<Unit>& u, const std::vector<Unit>& d) {
    result_.compared += g.u.size();
    compare_addresses(c, g);
    compare_tcp(c, g, u, d);
    compare_checksums(c, g);
    compare_payload(c, g);
    for (const uint32_t j : g.d) {
      const TracedFrame &f = c.frame_u(g.u.front()), &h = c.frame_d(j);
      const auto hops = [](const TracedFrame& x) { return x.ip[x.layout.version == 4 ? 8 : 7]; };
      ttl_.add(f.interface, h.interface, c.way, hops(f), hops(h), c.record("ttl_delta", {g.u.front()}, {j}));
    }
    if (g.u.size() == 1 && g.d.size() == 1) {
      compare_ip(c, g.u[0], g.d[0]);
      compare_options(c, g.u[0], g.d[0]);
      return;
    }
    const char* kind = g.u.size() == 1 ? "split" : g.d.size() == 1 ? "merged" : "resegmented";
    Difference r = c.record(kind, g.u, g.d);
    r.before = fmt::format("{} segments", g.u.size());
    r.after = fmt::format("{} segments", g.d.size());
    out_.add(std::move(r));
    if (g.u.size() == 1)
      compare_options_of_pieces(c, g);
    else
      compare_options_of_merged(c, g);
  }

  // What only one side has. Whether it was in flight shows only when all flows are known.
  void presence(const WayContext& c, const std::vector<Unit>& u, const std::vector<Unit>& d, const Alignment& found) {
    Span& matched = matched_[index_of(c.way)];
    for (const Group& g : found.groups) {
      matched.last = std::max(matched.last, u[g.u.back()].time);
      matched.first = std::min(matched.first, d[g.d.front()].time);
    }
    const auto explained = [](const Unit& x) {
      return x.occupies && x.start == x.end;
    };  // inside an insertion or deletion
    for (const uint32_t i : found.only_u)
      if (!explained(u[i])) alone_.push_back({c.record("dropped", {i}, {}), u[i].time, false});
    for (const uint32_t j : found.only_d)
      if (!explained(d[j]))
        alone_.push_back({c.record(d[j].has(kRst) ? "rst_injected" : "injected", {}, {j}), d[j].time, d[j].has(kSyn)});
    for (const uint32_t j : found.duplicated) out_.add(c.record("duplicated", {}, {j}));
  }

  void report_alone() {
    for (Alone& a : alone_) {
      const Span& matched = matched_[index_of(a.record.way)];
      const bool ends = a.record.kind == "dropped" && a.time + options_.edge > last_ && a.time > matched.last;
      const bool begins =
          a.record.kind == "injected" && a.time < first_ + options_.edge && a.time < matched.first && !a.syn;
      if (clock_.shared && (ends || begins))
        ++result_.edges;
      else
        out_.add(std::move(a.record));
    }
  }

  struct Span {
    Time first = Time::max(), last = Time::min();
  };
  struct Alone {
    Difference record;
    Time time{};
    bool syn = false;
  };
  const Trace& client_;
  const Trace& server_;
  const DiffOptions& options_;
  FlowSet a_, b_;
  Clock clock_;
  Time first_ = Time::max(), last_ = Time::min();
  int64_t number_ = 0;
  Differences out_;
  TtlTally ttl_;
  Span matched_[2];  // by Way, over all flows
  std::vector<Alone> alone_;
  Diff result_;
};

}  // namespace

Diff diff_traces(const Trace& client, const Trace& server, const DiffOptions& options) {
  return Differ(client, server, options).run();
}

}  // namespace gauntlet
