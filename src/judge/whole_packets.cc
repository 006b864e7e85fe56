#include "judge/whole_packets.hh"

#include <algorithm>
#include <string_view>

#include "judge/classes.hh"
#include "judge/compare.hh"
#include "judge/quoted.hh"
#include "util/rng.hh"
#include "wire/icmp.hh"

namespace gauntlet {
namespace {

// The first `most` bytes with TTL and header checksum blanked, and without addresses where `hosts` is false.
uint64_t print_of(const TracedFrame& f, size_t most, bool hosts) {
  const ConstBytes ip = f.ip.first(std::min(f.ip.size(), most));
  std::vector<uint8_t> b(ip.begin(), ip.end());
  const auto blank = [&b](size_t at, size_t n) {
    for (size_t i = at; i < at + n && i < b.size(); ++i) b[i] = 0;
  };
  if (f.layout.version == 4) {
    blank(8, 1);
    blank(10, 2);
    if (!hosts) blank(12, 8);
  } else if (f.layout.version == 6) {
    blank(7, 1);
    if (!hosts) blank(8, 32);
  }
  // Ports and checksums of what a translator rewrites beside the addresses.
  if (!hosts && is_icmp_error(f.ip, f.layout)) {
    blank(f.layout.l4 + 2u, 2);
    blank_quoted(b, f);
  } else if (!hosts && f.layout.first && f.layout.l4 != 0) {
    blank(f.layout.l4, f.layout.proto == kProtoUdp ? 8 : f.layout.proto == kProtoTcp ? 4 : 8);
  }
  return hash64(std::string_view(reinterpret_cast<const char*>(b.data()), b.size()));
}

std::string host_of(const FlowAddress& a) {
  const std::string text = to_text(a);
  return text.substr(0, text.rfind(':'));
}

struct Side {
  const Trace& trace;
  std::vector<uint32_t> frames;
  std::vector<bool> taken;
};

Side side_of(const Trace& trace, const std::vector<uint32_t>& frames) {
  Side s{trace, {}, {}};
  for (const uint32_t i : frames)
    if (!is_local(trace.frames()[i])) s.frames.push_back(i);
  s.taken.assign(s.frames.size(), false);
  return s;
}

// Bytes of a packet that both sides have, whatever the snap lengths.
size_t captured_alike(const Side& a, const Side& b) {
  size_t most = SIZE_MAX;
  for (const Side* s : {&a, &b})
    for (const uint32_t i : s->frames)
      if (const TracedFrame& f = s->trace.frames()[i]; f.cut_short) most = std::min(most, f.ip.size());
  return most;
}

// Pairs in order of passing those with equal prints.
template <typename Use>
void pair(Side& a, Side& b, size_t most, bool hosts, Use use) {
  struct Candidate {
    uint64_t print;
    uint32_t place;
    uint32_t next = 0;  // of the first of a run with equal prints: how many of them are taken
  };
  std::vector<Candidate> all;
  for (uint32_t j = 0; j < b.frames.size(); ++j)
    if (!b.taken[j]) all.push_back({print_of(b.trace.frames()[b.frames[j]], most, hosts), j});
  b.trace.passed(all.size());
  std::sort(all.begin(), all.end(), [](const Candidate& x, const Candidate& y) {
    return x.print != y.print ? x.print < y.print : x.place < y.place;
  });
  for (size_t i = 0; i < a.frames.size(); ++i) {
    if (a.taken[i]) continue;
    a.trace.passed(1);
    const uint64_t print = print_of(a.trace.frames()[a.frames[i]], most, hosts);
    const auto run = std::lower_bound(all.begin(), all.end(), print,
                                      [](const Candidate& c, uint64_t value) { return c.print < value; });
    if (run == all.end() || run->print != print) continue;
    const auto left = static_cast<size_t>(all.end() - run);
    if (run->next >= left || run[run->next].print != print) continue;
    const size_t j = run[run->next++].place;
    a.taken[i] = b.taken[j] = true;
    use(a.frames[i], b.frames[j]);
  }
}

}  // namespace

bool is_local(const TracedFrame& f) {
  if (f.layout.version == 4) {
    const uint8_t first = f.ip.size() >= 20 ? f.ip[16] : uint8_t{255};
    return first >= 224;  // multicast and broadcast (IGMP)
  }
  if (f.layout.version != 6 || f.ip.size() < 40) return true;    // not an IP packet we can walk
  if (f.ip[24] == 0xff) return true;                             // to a multicast group
  if (f.ip[8] == 0xfe && (f.ip[9] & 0xc0) == 0x80) return true;  // from a link-local address
  return f.layout.proto == kProtoIcmp6 && f.layout.l4 < f.ip.size() && f.ip[f.layout.l4] >= 130 &&
         f.ip[f.layout.l4] <= 143;
}

void diff_whole_packets(const Trace& client, const std::vector<uint32_t>& at_client, const Trace& server,
                        const std::vector<uint32_t>& at_server, const DiffOptions& options, Edges& edges,
                        Differences& out, Diff& result) {
  Side a = side_of(client, at_client), b = side_of(server, at_server);
  const auto to_client = [&](const TracedFrame& f) {
    if (const auto about = is_about_server(f, options.servers)) return !*about;
    return std::any_of(options.servers.begin(), options.servers.end(),
                       [&](const FlowAddress& s) { return s.bytes == source_of(f).bytes; });
  };
  const auto record = [&](const char* kind, const TracedFrame& f) {
    Difference d;
    d.kind = kind;
    d.cls = class_of_other(f);
    d.way = to_client(f) ? Way::s2c : Way::c2s;
    d.flow_name = host_of(source_of(f)) + " > " + host_of(destination_of(f));
    return d;
  };
  const auto matched = [&](const TracedFrame& f, const TracedFrame& g) {
    ++result.compared;
    if (to_client(f))
      edges.matched(Way::s2c, g.time, f.time);
    else
      edges.matched(Way::c2s, f.time, g.time);
  };
  const size_t most = captured_alike(a, b);
  pair(a, b, most, true, [&](uint32_t i, uint32_t j) { matched(client.frames()[i], server.frames()[j]); });
  pair(a, b, most, false, [&](uint32_t i, uint32_t j) {
    const TracedFrame &f = client.frames()[i], &g = server.frames()[j];
    matched(f, g);
    Difference d = record("addr_rewritten", f);
    const bool back = d.way == Way::s2c;
    const FlowAddress x[] = {source_of(f), destination_of(f)}, y[] = {source_of(g), destination_of(g)};
    d.client = {frame_at(client, i)};
    d.server = {frame_at(server, j)};
    bool told = false;
    for (int k = 0; k < 2; ++k) {
      if (x[k].bytes == y[k].bytes) continue;
      d.field = k == 0 ? "src" : "dst";
      d.before = host_of(back ? y[k] : x[k]);
      d.after = host_of(back ? x[k] : y[k]);
      out.add(d);
      told = true;
    }
    if (is_icmp_error(f.ip, f.layout)) return compare_quoted(back ? g : f, back ? f : g, d, out);
    if (told) return;
    d.kind = "value_changed";
    d.field = "upper-layer header";
    d.before = hex_of((back ? g : f).ip.subspan((back ? g : f).layout.l4));
    d.after = hex_of((back ? f : g).ip.subspan((back ? f : g).layout.l4));
    out.add(std::move(d));
  });
  for (Side* s : {&a, &b}) {
    for (size_t k = 0; k < s->frames.size(); ++k) {
      if (s->taken[k]) continue;
      const TracedFrame& f = s->trace.frames()[s->frames[k]];
      const bool sent_here = (s == &a) == !to_client(f);
      Difference d = record(sent_here ? "dropped" : "injected", f);
      const bool about = is_icmp_error(f.ip, f.layout);  // answers a packet: neither comes before all others nor alone
      if (about) d.field = "icmp error";
      std::vector<FrameAt>& frames = s == &a ? d.client : d.server;
      frames.push_back(frame_at(s->trace, s->frames[k]));
      if (about ? edges.broken_off(d, f.time) : edges.in_flight(d, f.time, false)) {
        ++result.edges;
        continue;
      }
      std::string& shown = sent_here ? d.before : d.after;
      shown = hex_of(f.ip);
      out.add(std::move(d));
    }
  }
}

}  // namespace gauntlet
