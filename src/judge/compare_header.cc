#include <fmt/core.h>

#include <algorithm>

#include "judge/compare.hh"
#include "wire/checksum.hh"

namespace gauntlet {
namespace {

std::string flag_names(uint8_t flags) {
  static constexpr const char* kNames[] = {"fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"};
  std::string text;
  for (int i = 0; i < 8; ++i)
    if (flags & 1 << i) text += (text.empty() ? "" : "+") + std::string(kNames[i]);
  return text.empty() ? "-" : text;
}

std::string host(const FlowAddress& a) {
  const std::string text = to_text(a);
  return text.substr(0, text.rfind(':'));
}

void note(const WayContext& c, const char* kind, std::string field, std::string before, std::string after,
          const std::vector<uint32_t>& u, const std::vector<uint32_t>& d) {
  Difference r = c.record(kind, u, d);
  r.field = std::move(field);
  r.before = std::move(before);
  r.after = std::move(after);
  c.out->add(std::move(r));
}

void note_constant(const WayContext& c, const char* kind, std::string field, std::string before, std::string after,
                   uint32_t i, const std::vector<uint32_t>& d) {
  Difference r = c.record(kind, {i}, d);
  r.field = std::move(field);
  r.before = std::move(before);
  r.after = std::move(after);
  r.offset = -1;
  r.count = d.size();
  c.out->add_constant(std::move(r));
}

bool ip_checksum_ok(const TracedFrame& f) {
  return f.layout.version != 4 || load16(f.ip.data() + 10) == ipv4_checksum(f.ip, f.layout);
}
// Bytes that the IP header counts and nobody sent. IPv4 has a checksum over its header; IPv6 has none, and a segment
// that claims to be longer than it is differs in nothing else. 0 where the snap length hides how many there were.
uint32_t claimed_too_much(const TracedFrame& f) {
  const auto size = static_cast<uint32_t>(f.ip.size());
  return f.cut_short || f.layout.ip_total <= size ? 0 : f.layout.ip_total - size;
}

bool tcp_checksum_ok(const TracedFrame& f) { return !whole(f.layout, f.ip) || l4_checksum_ok(f.ip, f.layout); }

void compare_ip4(const WayContext& c, uint32_t i, uint32_t j, ConstBytes a, ConstBytes b, size_t header_a,
                 size_t header_b) {
  const auto number = [&](const char* kind, const char* field, unsigned before, unsigned after) {
    if (before != after) note(c, kind, field, fmt::format("{:#x}", before), fmt::format("{:#x}", after), {i}, {j});
  };
  if (load16(&a[4]) != load16(&b[4])) {
    Difference r = c.record("ip_id_rewritten", {i}, {j});
    r.field = "ip id";
    c.out->add_constant(std::move(r));  // the values differ in every packet: counted, not listed
  }
  number("dscp_ecn_changed", "dscp", a[1] >> 2, b[1] >> 2);
  number("dscp_ecn_changed", "ecn", a[1] & 3, b[1] & 3);
  number("value_changed", "ip flags", a[6] >> 5, b[6] >> 5);
  const ConstBytes x = a.subspan(20, header_a - 20), y = b.subspan(20, header_b - 20);
  if (!std::equal(x.begin(), x.end(), y.begin(), y.end()))
    note(c, "value_changed", "ip options", hex_of(x), hex_of(y), {i}, {j});
}

void compare_ip6(const WayContext& c, uint32_t i, uint32_t j, ConstBytes a, ConstBytes b, size_t header_a,
                 size_t header_b) {
  const uint32_t x = load32(a.data()), y = load32(b.data());
  const auto number = [&](const char* kind, const char* field, unsigned before, unsigned after) {
    if (before != after) note(c, kind, field, fmt::format("{:#x}", before), fmt::format("{:#x}", after), {i}, {j});
  };
  number("dscp_ecn_changed", "dscp", x >> 22 & 0x3f, y >> 22 & 0x3f);
  number("dscp_ecn_changed", "ecn", x >> 20 & 3, y >> 20 & 3);
  number("value_changed", "flow label", x & 0xfffff, y & 0xfffff);
  const ConstBytes e = a.subspan(40, header_a - 40), f = b.subspan(40, header_b - 40);
  if (!std::equal(e.begin(), e.end(), f.begin(), f.end()))
    note(c, "value_changed", "extension headers", hex_of(e), hex_of(f), {i}, {j});
}

// Where the segments of one side that carry a flag end, by canonical position: their FIN or last byte; and in front of
// the place, where they begin.
using Ends = std::vector<std::pair<int64_t, int64_t>>;
Ends ends_of(const std::vector<uint32_t>& which, const Units& units, uint8_t flag) {
  Ends all;
  for (const uint32_t i : which)
    if (units[i].has(flag)) all.emplace_back(units[i].start, units[i].end - (units[i].has(kFin) ? 1 : 0));
  return all;
}

// Who cuts or joins segments pushes with the piece that holds the last byte that was to be pushed; with which others,
// too, is their business.
bool all_pushed(const Ends& before, const Ends& behind) {
  return std::all_of(before.begin(), before.end(), [&](const auto& x) {
    return std::any_of(behind.begin(), behind.end(),
                       [&](const auto& y) { return y.first < x.second && x.second <= y.second; });
  });
}

// Other places for flags that both sides of a cut stretch have.
void compare_moved(const WayContext& c, const Group& g, uint8_t both, const Units& u, const Units& d) {
  const auto note_moved = [&](const char* field, const Ends& before, const Ends& behind) {
    const auto places = [](const Ends& ends) {
      std::string text;
      for (const auto& [start, end] : ends) text += fmt::format("{}{}-{}", text.empty() ? "" : ", ", start, end);
      return text;
    };
    note(c, "flags_changed", field, places(before), places(behind), g.u, g.d);
  };
  if (both & kPsh) {
    const Ends before = ends_of(g.u, u, kPsh), behind = ends_of(g.d, d, kPsh);
    if (!all_pushed(before, behind)) note_moved("psh moved", before, behind);
  }
  if (both & kFin) {
    // With bytes or alone, and at which number.
    const Ends before = ends_of(g.u, u, kFin), behind = ends_of(g.d, d, kFin);
    const auto moved = [](const auto& x, const auto& y) {
      return x.second != y.second || (x.first == x.second) != (y.first == y.second);
    };
    if (before.size() != behind.size() || !std::equal(before.begin(), before.end(), behind.begin(),
                                                      [&](const auto& x, const auto& y) { return !moved(x, y); }))
      note_moved("fin moved", before, behind);
  }
}

}  // namespace

void compare_addresses(const WayContext& c, const Group& g) {
  const TracedFrame& f = c.frame_u(g.u.front());
  const FlowAddress from = source_of(f), to = destination_of(f);
  for (const uint32_t j : g.d) {
    const FlowAddress new_from = source_of(c.frame_d(j)), new_to = destination_of(c.frame_d(j));
    const auto pair = [&](const char* address, const char* port, const FlowAddress& before, const FlowAddress& after) {
      if (before == after) return;
      if (host(before) != host(after))
        note_constant(c, "addr_rewritten", address, host(before), host(after), g.u.front(), {j});
      if (before.port != after.port)
        note_constant(c, "port_rewritten", port, fmt::format("{}", before.port), fmt::format("{}", after.port),
                      g.u.front(), {j});
    };
    pair("src", "sport", from, new_from);
    pair("dst", "dport", to, new_to);
  }
}

void compare_ip(const WayContext& c, uint32_t i, uint32_t j) {
  const TracedFrame &f = c.frame_u(i), &g = c.frame_d(j);
  if (f.layout.version != g.layout.version) {
    note(c, "value_changed", "ip version", fmt::format("{}", f.layout.version), fmt::format("{}", g.layout.version),
         {i}, {j});
  } else if (f.layout.version == 4) {
    compare_ip4(c, i, j, f.ip, g.ip, f.layout.ip_header, g.layout.ip_header);
  } else if (f.layout.version == 6) {
    compare_ip6(c, i, j, f.ip, g.ip, f.layout.ip_header, g.layout.ip_header);
  }
  if (const uint32_t before = claimed_too_much(f), after = claimed_too_much(g); before != after)
    note(c, "value_changed", "ip length", fmt::format("{} bytes too long", before),
         fmt::format("{} bytes too long", after), {i}, {j});
}

void compare_tcp(const WayContext& c, const Group& g, const Units& u, const Units& d, bool recut) {
  const bool single = g.u.size() == 1 && g.d.size() == 1;
  uint8_t before = 0, after = 0;
  for (const uint32_t i : g.u) before |= u[i].flags;
  for (const uint32_t j : g.d) after |= d[j].flags;
  const auto changed = static_cast<uint8_t>(before ^ after);
  if (changed) note(c, "flags_changed", flag_names(changed), flag_names(before), flag_names(after), g.u, g.d);
  if (!single) compare_moved(c, g, static_cast<uint8_t>(before & after), u, d);

  for (const uint32_t j : g.d) {
    const FlowSegment& sd = c.hd->segments[j];
    const uint32_t i = g.u.front();
    const TcpView x(c.frame_u(i).ip, c.frame_u(i).layout), y(c.frame_d(j).ip, c.frame_d(j).layout);
    const auto none_has = [&](auto get) {
      return std::none_of(g.u.begin(), g.u.end(), [&](uint32_t k) { return get(u[k]) == get(d[j]); });
    };
    if (none_has([](const Unit& q) { return q.window; }))
      note(c, "window_changed", "window", fmt::format("{}", x.window()), fmt::format("{}", y.window()), {i}, {j});
    if (sd.has(kAck) && none_has([](const Unit& q) { return q.ack; }))
      note(c, "ack_shift", "ack", fmt::format("{}", c.hu->segments[i].ack), fmt::format("{}", sd.ack), {i}, {j});
    if (!single) continue;
    // Where one side shows no beginning of this direction (the SYN/ACK was dropped, a reset came), the number itself.
    const bool relative = c.hu->isn_known && c.hd->isn_known;
    if (!recut && (relative ? u[i].start != d[j].start : x.seq() != y.seq()))
      note(c, "value_changed", "seq", fmt::format("{}", c.hu->segments[i].start), fmt::format("{}", sd.start), {i},
           {j});
    if (x.urgent() != y.urgent())
      note(c, "value_changed", "urgent pointer", fmt::format("{}", x.urgent()), fmt::format("{}", y.urgent()), {i},
           {j});
    if (x.reserved() != y.reserved())
      note(c, "value_changed", "reserved bits", fmt::format("{:#x}", x.reserved()), fmt::format("{:#x}", y.reserved()),
           {i}, {j});
  }
}

void compare_checksums(const WayContext& c, const Group& g) {
  const auto judge = [&](const char* field, bool (*ok)(const TracedFrame&)) {
    const bool before = std::all_of(g.u.begin(), g.u.end(), [&](uint32_t i) { return ok(c.frame_u(i)); });
    for (const uint32_t j : g.d) {
      const bool after = ok(c.frame_d(j));
      if (before && !after) note(c, "checksum_broken", field, "valid", "invalid", g.u, {j});
      if (!before && after) note(c, "value_changed", field, "invalid", "valid", g.u, {j});
    }
  };
  judge("ip checksum", ip_checksum_ok);
  judge("tcp checksum", tcp_checksum_ok);
}

}  // namespace gauntlet
