#include "probe/locate.hh"

#include <fmt/core.h>

#include <algorithm>

#include "probe/ways.hh"
#include "wire/layout.hh"

namespace gauntlet {
namespace {

std::string mpls_of(const std::vector<uint8_t>& extensions) {  // RFC 4950: class 1, C-Type 1, four bytes per label
  std::string text;
  for (size_t at = 4; at + 4 <= extensions.size();) {
    const size_t size = load16(&extensions[at]);
    if (size < 4 || at + size > extensions.size()) break;
    if (extensions[at + 2] == 1 && extensions[at + 3] == 1)
      for (size_t i = at + 4; i + 4 <= at + size; i += 4)
        text += fmt::format("{}{}", text.empty() ? "" : ",", load32(&extensions[i]) >> 12);
    at += size;
  }
  return text;
}

HopLine line_of(const Observation& o, uint8_t ttl) {
  HopLine line;
  line.ttl = ttl;
  bool limited = false;
  for (const ProbeRun& run : o.runs) {
    limited = limited || std::find(run.limited.begin(), run.limited.end(), ttl) != run.limited.end();
    for (const HopQuote& q : run.quotes) {
      if (q.ttl != ttl) continue;
      if (std::find(line.addresses.begin(), line.addresses.end(), q.from) == line.addresses.end())
        line.addresses.push_back(q.from);
      if (line.state == Evidence::silent || q.rtt < line.rtt) line.rtt = q.rtt;
      line.state = Evidence::equal;
      const size_t header = o.destination.version == 4 ? 20 : 40;
      line.quoted = std::max(line.quoted, static_cast<uint16_t>(q.quote.size() - std::min(q.quote.size(), header)));
      if (line.mpls.empty()) line.mpls = mpls_of(q.extensions);
    }
  }
  if (line.state == Evidence::silent && limited) line.state = Evidence::rate_limited;
  return line;
}

void measure_coverage(const Observation& o, TraceReport& report) {
  size_t asked = 0, told = 0;
  for (const ProbeRun& run : o.runs) {
    if (run.spec.proto != kProtoTcp) continue;
    const size_t last = report.distance > 0 ? report.distance - 1u : last_hop_of(run);
    for (size_t ttl = 1; ttl <= std::min(last, run.sent.size()); ++ttl) {
      if (run.sent[ttl - 1].empty()) continue;
      ++asked;
      told +=
          std::any_of(run.quotes.begin(), run.quotes.end(), [&](const HopQuote& q) { return q.ttl == ttl; }) ? 1 : 0;
    }
  }
  report.coverage =
      asked == 0 ? (report.distance == 1 ? 1.0 : 0.0) : static_cast<double>(told) / static_cast<double>(asked);
}

}  // namespace

const char* name_of(PathDirection d) {
  return d == PathDirection::forward ? "forward" : d == PathDirection::back ? "return" : "either";
}

const char* name_of(Reach r) {
  switch (r) {
    case Reach::answered:
      return "answered";
    case Reach::refused:
      return "refused";
    case Reach::unreachable:
      return "unreachable";
    case Reach::silent:
      break;
  }
  return "silent";
}

uint8_t last_hop_of(const ProbeRun& run) {
  uint8_t last = 0;
  for (const HopQuote& q : run.quotes)
    if (q.type != kArrival) last = std::max(last, q.ttl);
  return last;
}

bool turned_back(const HopQuote& q, const IpAddress& destination) {
  return q.from != destination && q.type == (destination.version == 4 ? 3 : 1);
}

// What a host may say about itself: port unreachable or administratively prohibited (RFC 792, RFC 1812 5.2.7.1, RFC
// 4443 3.1). That it cannot be reached it cannot say.
static bool refuses(const HopQuote& q) {
  const bool v6 = !q.quote.empty() && q.quote[0] >> 4 == 6;
  if (q.type == kArrival) return true;
  if (v6) return q.type == 1 && (q.code == 1 || q.code == 4);
  return q.type == 3 && (q.code == 3 || q.code == 9 || q.code == 10 || q.code == 13);
}

uint8_t distance_of(const ProbeRun& run, const IpAddress& destination) {
  uint8_t answered = 0;
  const auto nearer = [&](uint8_t ttl) { answered = answered == 0 ? ttl : std::min(answered, ttl); };
  for (const ProbeReply& r : run.replies)
    if (r.ttl != 0) nearer(r.ttl);
  if (answered != 0 || (run.spec.proto == kProtoTcp && !run.replies.empty()))
    return answered;  // an error in its name besides is somebody else's
  for (const HopQuote& q : run.quotes)
    if (q.from == destination && (run.spec.proto != kProtoTcp || refuses(q))) nearer(q.ttl);
  return answered;
}

uint8_t tcp_distance_of(const Observation& o) {
  uint8_t known = 0, at_least = 0;
  for (const ProbeRun& run : o.runs) {
    if (run.spec.proto != kProtoTcp || run.copies_only) continue;
    const uint8_t d = distance_of(run, o.destination);
    if (d != 0 && (known == 0 || d < known)) known = d;
    if (!run.replies.empty()) at_least = std::max(at_least, static_cast<uint8_t>(last_hop_of(run) + 1));
  }
  return known != 0 ? known : at_least;
}

TraceFinding make_finding(std::string field, std::string segment, PathDirection direction, std::string verdict) {
  TraceFinding f;
  f.id = fmt::format("{}{}{}.{}: {}", field, segment.empty() ? "" : ".", segment, name_of(direction), verdict);
  f.field = std::move(field);
  f.segment = std::move(segment);
  f.direction = direction;
  f.verdict = std::move(verdict);
  return f;
}

void add_finding(TraceReport& report, TraceFinding f) {
  for (TraceFinding& old : report.findings) {
    if (old.id != f.id || old.candidates != f.candidates) continue;
    const uint8_t lo = std::max(old.interval.lo, f.interval.lo), hi = std::min(old.interval.hi, f.interval.hi);
    if (lo >= hi) continue;  // somewhere else: another box, or another path
    const bool narrower = f.interval.hi - f.interval.lo < old.interval.hi - old.interval.lo;
    auto reasons = narrower ? f.interval.wide_because : old.interval.wide_because;
    const auto outside = [&](const std::string& r) {
      if (!r.starts_with("hop ")) return false;
      const int hop = std::atoi(r.c_str() + 4);  // "hop N: ..."
      return hop <= lo || hop >= hi;
    };
    reasons.erase(std::remove_if(reasons.begin(), reasons.end(), outside), reasons.end());
    old.interval = {lo, hi, std::move(reasons)};
    old.inferred = old.inferred && f.inferred;
    old.probes.insert(old.probes.end(), f.probes.begin(), f.probes.end());
    old.evidence.insert(old.evidence.end(), f.evidence.begin(), f.evidence.end());
    return;
  }
  report.findings.push_back(std::move(f));
}

TraceReport locate(const Observation& o) {
  TraceReport report = locate_quotes(o);
  explain(o, report);
  return report;
}

TraceReport locate_quotes(const Observation& o) {
  TraceReport report;
  report.distance = tcp_distance_of(o);
  uint8_t last = 0, end = 0;  // who turns a probe back turns back all that live longer, too
  for (const ProbeRun& run : o.runs)
    for (const HopQuote& q : run.quotes) {
      if (q.from == o.destination) continue;
      if (!turned_back(q, o.destination))
        last = std::max(last, q.ttl);
      else
        end = end == 0 ? q.ttl : std::min(end, q.ttl);
    }
  last = std::max(last, end);
  locate_fields(o, report);
  locate_answers(o, report);
  locate_flow(o, report);
  locate_distance(o, report);
  locate_surplus(o, report);
  tell_ways(o, report);
  if (o.overruns > 0)
    report.notes.push_back(
        {"probe.overrun",
         fmt::format("{} packets came faster than they could be read and were lost here: what was silent "
                     "meanwhile proves nothing",
                     o.overruns)});
  const uint8_t hops = report.distance > 0 ? static_cast<uint8_t>(report.distance - 1) : last;
  for (uint8_t ttl = 1; ttl <= hops; ++ttl) report.hops.push_back(line_of(o, ttl));
  measure_coverage(o, report);
  std::stable_sort(report.findings.begin(), report.findings.end(), [](const TraceFinding& a, const TraceFinding& b) {
    return std::pair(a.interval.hi, a.interval.lo) < std::pair(b.interval.hi, b.interval.lo);
  });
  const bool blind = report.hops.size() > 1 && report.coverage < 0.25;
  report.inconclusive = report.findings.empty() && (blind || report.reach == Reach::silent);
  return report;
}

}  // namespace gauntlet
