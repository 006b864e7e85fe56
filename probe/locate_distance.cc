// Who answers, and from where: a proxy answers TCP nearer than UDP finds the host; a box that raises the TTL makes
// everything look nearer, but the answers come from farther away.
#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "probe/answers.hh"
#include "probe/locate.hh"
#include "wire/layout.hh"

namespace gauntlet {
namespace {

uint8_t last_exceeded(const ProbeRun& run, const IpAddress& destination) {
  uint8_t last = 0;
  for (const HopQuote& q : run.quotes)
    if (q.from != destination) last = std::max(last, q.ttl);
  return last;
}

// Every router that answered is as far back as it is forth: only then does a longer way back say anything about the
// destination.
bool symmetric(const ProbeRun& run, const IpAddress& destination) {
  return std::all_of(run.quotes.begin(), run.quotes.end(),
                     [&](const HopQuote& q) { return q.from == destination || hops_back(q.reply_ttl) == q.ttl; });
}

// Routers from some hop on answer from farther away than they are. A raised TTL does that, and so does a way back that
// differs.
void tell_longer_way_back(const ProbeRun& run, const IpAddress& destination, TraceReport& report) {
  uint8_t last_even = 0, first_far = 0;
  for (const HopQuote& q : run.quotes) {
    if (q.from == destination) continue;
    if (hops_back(q.reply_ttl) == q.ttl)
      last_even = std::max(last_even, q.ttl);
    else if (hops_back(q.reply_ttl) >= q.ttl + 2 && (first_far == 0 || q.ttl < first_far))
      first_far = q.ttl;
  }
  if (first_far > last_even)
    report.notes.push_back(
        {"path.longer-back", fmt::format("from hop {} on, answers come from farther away than the hop says: a box "
                                         "behind hop {} raises the TTL, or the way "
                                         "back is another one; only the other side can tell (--agent)",
                                         first_far, last_even)});
}

HopInterval interval_of(uint8_t lo, uint8_t hi) {
  HopInterval i{lo, hi, {}};
  for (int ttl = lo + 1; ttl < hi; ++ttl) i.wide_because.push_back(fmt::format("hop {}: silent", ttl));
  return i;
}

// One router answers for every TTL from some hop on: nothing lives longer than that there.
void tell_lowered(const Observation& o, TraceReport& report) {
  constexpr int kInARow = 3;  // twice is what a router does that forwards with a TTL of zero
  for (const ProbeRun& run : o.runs) {
    if (run.copies_only) continue;
    std::map<uint8_t, const HopQuote*> at;
    for (const HopQuote& q : run.quotes)
      if (q.from != o.destination && q.type != kArrival && !turned_back(q, o.destination)) at.emplace(q.ttl, &q);
    uint8_t lo = 0;
    for (const auto& [ttl, first] : at) {
      int same = 1;
      for (auto next = at.find(static_cast<uint8_t>(ttl + 1)); next != at.end() && next->first == ttl + same; ++next)
        if (next->second->from == first->from && next->second->reply_ttl == first->reply_ttl)
          ++same;
        else
          break;
      if (same >= kInARow) {
        TraceFinding f = make_finding("ip.ttl", "", PathDirection::forward, "lowered");
        f.interval = interval_of(lo, ttl);
        f.before = fmt::format("TTLs {} to {}", ttl, ttl + same - 1);
        f.after = fmt::format("all of them end {} hops away", hops_back(first->reply_ttl));
        f.probes = {run.name};
        f.agree = f.asked = 1;
        add_finding(report, std::move(f));
        break;
      }
      lo = ttl;
    }
  }
}

}  // namespace

void locate_distance(const Observation& o, TraceReport& report) {
  tell_lowered(o, report);
  const ProbeRun *tcp = nullptr, *udp = nullptr;
  uint8_t back = 0;
  for (const ProbeRun& run : o.runs) {
    if (run.spec.proto == kProtoUdp && udp == nullptr) udp = &run;
    if (!is_syn(run) || tcp != nullptr) continue;
    const SynAnswer a = answer_of(run);
    if (!a.syn_ack) continue;
    tcp = &run;
    back = hops_back(a.reply_ttl);
  }
  if (tcp == nullptr) return;
  const bool certain = distance_of(*tcp, o.destination) != 0;  // else a lower bound: silent hops may stand in between
  const uint8_t near = tcp_distance_of(o);
  const uint8_t far = udp != nullptr ? distance_of(*udp, o.destination) : uint8_t{0};
  const uint8_t lo = last_exceeded(*tcp, o.destination);
  const auto found = [&](const char* field, const char* verdict, const std::string& before, const std::string& after) {
    TraceFinding f = make_finding(field, "", PathDirection::forward, verdict);
    f.interval = interval_of(std::min<uint8_t>(lo, static_cast<uint8_t>(near - 1)), near);
    f.before = before;
    f.after = after;
    f.probes = {tcp->name};
    if (udp != nullptr) f.probes.push_back(udp->name);
    f.agree = f.asked = 1;
    add_finding(report, std::move(f));
  };
  const std::string here = fmt::format("TCP answers at hop {}, from {} hops away", near, back);
  // Whether the proxy stands before or behind its router's TTL check, and which of the two its own packets pass, is one
  // hop more or less.
  if (far > near && near <= back + 1 && back <= near + 1) {
    const std::string host = fmt::format("UDP finds the host at hop {}", far), portal = portal_of(o);
    if (portal.empty())
      found("tcp.connection", "proxied", host, here);
    else
      found("tcp.connection", "captive-portal", host, fmt::format("{}, and sends people to {}", here, portal));
  } else if (certain && back > near && (far == 0 || far == near || far == back) && symmetric(*tcp, o.destination)) {
    // One hop is what a host that answers with another address of its own may cost.
    if (back - near >= 2) found("ip.ttl", "raised", fmt::format("the host is {} hops away", back), here);
  } else {
    tell_longer_way_back(*tcp, o.destination, report);
  }
}

}  // namespace gauntlet
