// More than was sent: copies of a probe, and segments in its connection that nobody here sent.
#include <fmt/core.h>

#include <algorithm>

#include "probe/answers.hh"
#include "probe/locate.hh"
#include "wire/layout.hh"
#include "wire/options.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

constexpr uint32_t kSure = 2;  // probes: one packet that comes twice is chance

const ProbeRun* tcp_syn(const ProbeRun& run) { return is_syn(run) && !run.copies_only ? &run : nullptr; }

// Of what answers one TTL the longest: who sends pieces of it again makes no copy of the probe.
bool surplus(const ProbeRun& run, const HopQuote& q) {
  const bool longest = std::none_of(run.quotes.begin(), run.quotes.end(), [&](const HopQuote& o) {
    return o.ttl == q.ttl && o.type == q.type && o.quote.size() > q.quote.size();
  });
  return longest && q.ttl <= run.asked.size() && q.times > run.asked[q.ttl - 1u];
}

// A router that answered every SYN, asked once, and each once: it met no copies. One that limits its answers would have
// kept back a SYN's own answer sooner than all the copies' and nothing else.
bool met_no_copies(const Observation& o, uint8_t ttl) {
  size_t asked = 0;
  for (const ProbeRun& run : o.runs) {
    if (tcp_syn(run) == nullptr || ttl > run.asked.size()) continue;
    ++asked;
    const bool once = std::any_of(run.quotes.begin(), run.quotes.end(), [&](const HopQuote& q) {
      return q.ttl == ttl && q.times == 1 && run.asked[ttl - 1u] == 1;
    });
    if (!once) return false;
  }
  return asked > 0;
}

void duplicates(const Observation& o, TraceReport& report) {
  TraceFinding f = make_finding("tcp.segment", "syn", PathDirection::forward, "duplicated");
  f.interval.hi = kDestination;
  uint32_t sent = 0, came = 0;
  for (const ProbeRun& run : o.runs) {
    if (tcp_syn(run) == nullptr) continue;
    bool shows = false;
    for (const HopQuote& q : run.quotes) {
      if (!surplus(run, q) || (q.type != kArrival && q.from == o.destination)) continue;
      shows = true;
      if (q.ttl >= f.interval.hi) continue;
      f.interval.hi = q.ttl;
      sent = run.asked[q.ttl - 1u];
      came = q.times;
    }
    if (shows) f.probes.push_back(run.name);
    ++f.asked;
  }
  if (f.probes.empty() || f.probes.size() < std::min(f.asked, kSure)) return;
  for (uint8_t ttl = 1; ttl < f.interval.hi && ttl < kDestination; ++ttl)
    if (met_no_copies(o, ttl)) f.interval.lo = ttl;
  for (int ttl = f.interval.lo + 1; ttl < f.interval.hi; ++ttl)
    f.interval.wide_because.push_back(fmt::format("hop {}: silent", ttl));
  f.agree = static_cast<uint32_t>(f.probes.size());
  f.before = fmt::format("sent {}", sent == 1 ? "once" : fmt::format("{} times", sent));
  f.after = fmt::format("there {} times", came);
  add_finding(report, std::move(f));
}

struct Segment {
  ConstBytes bytes;
  Layout layout;
  uint16_t from, to;
  uint32_t seq;
  bool bare;  // an acknowledgement and nothing else
};

std::optional<Segment> segment_of(const Observation& o, const std::vector<uint8_t>& packet) {
  const Layout l = layout_of(packet);
  if (!l.tcp || ip_address(destination_address(packet, l)) != o.destination) return std::nullopt;
  const TcpView t(packet, l);
  const bool bare = t.has(kAck) && !t.has(kSyn) && !t.has(kRst) && !t.has(kFin) && l.payload_size == 0;
  return Segment{packet, l, t.source(), t.destination(), t.seq(), bare};
}

bool same_bytes(const Segment& a, const Segment& b) {
  return std::ranges::equal(a.bytes.subspan(a.layout.l4), b.bytes.subspan(b.layout.l4));
}

// Acknowledgements are counted, not compared: whatever a box edits in ours, they do not get more. Data and SYNs of a
// proxy that goes on in our name are left to locate_distance().
void injections(const Observation& o, TraceReport& report) {
  std::vector<Segment> spoken, came;
  for (const auto& p : o.spoken)
    if (const auto s = segment_of(o, p)) spoken.push_back(*s);
  for (const auto& p : o.strangers) {
    const auto s = segment_of(o, p);
    if (!s || !s->bare) continue;
    const bool ours =
        std::any_of(spoken.begin(), spoken.end(), [&](const Segment& m) { return m.from == s->from && m.to == s->to; });
    const bool copy = std::any_of(came.begin(), came.end(), [&](const Segment& c) { return same_bytes(c, *s); });
    if (ours && !copy) came.push_back(*s);
  }
  // Ours first, so that what is left is somebody else's.
  for (const bool same_number : {true, false})
    for (const Segment& m : spoken) {
      if (!m.bare) continue;
      const auto it = std::find_if(came.begin(), came.end(), [&](const Segment& c) {
        return c.from == m.from && c.to == m.to && (!same_number || (c.seq == m.seq && same_bytes(c, m)));
      });
      const bool arrived = std::any_of(o.strangers.begin(), o.strangers.end(), [&](const auto& p) {
        const auto s = segment_of(o, p);
        return s && same_bytes(*s, m);
      });
      if (it != came.end() && (same_number || !arrived)) came.erase(it);
    }
  for (const Segment& c : came) {
    TraceFinding f = make_finding("tcp.segment", "ack", PathDirection::forward, "injected");
    f.interval = {0, kDestination, {"what a box sends is seen only where it arrives"}};
    std::string options;
    for (const Option& option : options_of(c.bytes.subspan(c.layout.options, c.layout.options_size)))
      if (option.kind > kOptNop && !option.malformed)
        options += " " + feature_of(c.bytes.subspan(c.layout.options + option.offset, option.size));
    f.before = "not sent";
    f.after = "an acknowledgement" + (options.empty() ? "" : " with" + options);
    f.agree = f.asked = 1;
    return add_finding(report, std::move(f));
  }
}

}  // namespace

void locate_surplus(const Observation& o, TraceReport& report) {
  duplicates(o, report);
  const bool proxied = std::any_of(report.findings.begin(), report.findings.end(), [](const TraceFinding& f) {
    return f.field == "tcp.connection" && (f.verdict == "proxied" || f.verdict == "captive-portal");
  });
  if (!proxied) injections(o, report);
}

}  // namespace gauntlet
