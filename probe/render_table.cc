#include <fmt/core.h>

#include <algorithm>

#include "probe/catalogue.hh"
#include "probe/render.hh"

namespace gauntlet {
namespace {

std::string milliseconds(Duration d) {
  return fmt::format("{:.2f} ms", std::chrono::duration<double, std::milli>(d).count());
}

std::string hop_of(uint8_t ttl) { return ttl == kDestination ? "the destination" : fmt::format("hop {}", ttl); }

std::string interval_text(const TraceFinding& f) {
  if (f.direction == PathDirection::back && f.interval.hi == kDestination) return "on the way back";
  const std::string lo = f.interval.lo == 0 ? "here" : fmt::format("hop {}", f.interval.lo);
  return fmt::format("between {} and {}", lo, hop_of(f.interval.hi));
}

void hops(std::string& out, const TraceReport& r) {
  out += fmt::format("{:>4}  {:<40} {:>10}  {:>6}  {}\n", "hop", "address", "rtt", "quoted",
                     "what is changed from here on");
  for (const HopLine& h : r.hops) {
    std::string address = h.addresses.empty() ? (h.state == Evidence::rate_limited ? "(rate-limited)" : "*")
                                              : to_text(h.addresses.front());
    if (h.addresses.size() > 1) address += fmt::format(" +{}", h.addresses.size() - 1);
    if (!h.mpls.empty()) address += " [MPLS " + h.mpls + "]";
    std::string what;
    for (const TraceFinding& f : r.findings)
      if (f.interval.hi == h.ttl && f.direction == PathDirection::forward)
        what += fmt::format("{}{}{}", what.empty() ? "" : ", ", f.field, ": " + f.verdict);
    const bool told = !h.addresses.empty();
    out += fmt::format("{:>4}  {:<40} {:>10}  {:>6}  {}\n", h.ttl, address, told ? milliseconds(h.rtt) : "",
                       told ? fmt::format("{} B", h.quoted) : "", what);
  }
}

}  // namespace

std::string trace_table(const Observation& o, const TraceReport& r, const TraceHeading& heading) {
  std::string out = fmt::format("trace to {} ({}) port {} from {}: {}", heading.host, to_text(o.destination),
                                heading.port, to_text(o.source), name_of(r.reach));
  if (r.distance > 0) out += fmt::format(" at hop {}", r.distance);
  out += fmt::format("; {} probes in {}\n", o.runs.size(), milliseconds(heading.took));
  out += heading.followed.empty() ? "\n" : heading.followed + "\n\n";
  if (!r.hops.empty()) hops(out, r);
  if (r.distance > 0) out += fmt::format("{:>4}  {:<40}\n", r.distance, to_text(o.destination));
  out += "\n";
  for (const TraceFinding& f : r.findings) {
    out += fmt::format("* {}.\n  {}, {} of {} probes agree: {}\n", f.sentence, f.id, f.agree, f.asked, f.means);
    if (!f.interval.wide_because.empty()) {
      std::string reasons;
      for (const std::string& why : f.interval.wide_because) reasons += (reasons.empty() ? "" : ", ") + why;
      out += fmt::format("  {} only, because of {}\n", interval_text(f), reasons);
    }
  }
  for (const TraceNote& n : r.notes) out += fmt::format("- {}\n", n.text);
  if (r.findings.empty())
    out += r.inconclusive
               ? fmt::format("Inconclusive: {:.0f} % of the hops told something.\n", 100 * r.coverage)
               : fmt::format("No interference found ({:.0f} % of the hops told something).\n", 100 * r.coverage);
  return out;
}

std::string probe_list() {
  std::string out = fmt::format("{:<14} {:<8} {}\n", "probe", "sent", "what it reveals");
  for (const NamedProbe& p : probes())
    out += fmt::format("{:<14} {:<8} {}\n{:24}{}\n", p.name, p.battery ? "always" : "if asked", p.reveals, "", p.spec);
  return out;
}

}  // namespace gauntlet
