#include <fmt/core.h>

#include <algorithm>

#include "probe/catalogue.hh"
#include "probe/render.hh"

namespace gauntlet {
namespace {

std::string milliseconds(Duration d) {
  const double ms = std::chrono::duration<double, std::milli>(d).count();
  return fmt::format("{:.{}f} ms", ms, ms < 1 ? 3 : ms < 100 ? 2 : 0);
}

// "stripped-nop: mptcp.mp_capable, mptcp.dss; clamped: tcp.mss": each once, however many segments show it.
std::string changes_at(const TraceReport& r, uint8_t ttl, PathDirection direction) {
  std::vector<std::string> verdicts, fields;
  for (const TraceFinding& f : r.findings) {
    if (f.interval.hi != ttl || f.direction != direction) continue;
    const auto known = std::find(verdicts.begin(), verdicts.end(), f.verdict);
    const auto i = static_cast<size_t>(known - verdicts.begin());
    if (known == verdicts.end()) {
      verdicts.push_back(f.verdict);
      fields.push_back(f.field);
    } else if ((", " + fields[i] + ",").find(", " + f.field + ",") == std::string::npos) {
      fields[i] += ", " + f.field;
    }
  }
  std::string out;
  for (size_t i = 0; i < verdicts.size(); ++i)
    out += fmt::format("{}{}: {}", i == 0 ? "" : "; ", verdicts[i], fields[i]);
  return out;
}

void hops(std::string& out, const TraceReport& r, PathDirection direction) {
  const auto& lines = direction == PathDirection::back ? r.back_hops : r.hops;
  out += fmt::format("{:>4}  {:<32} {:>9}  {:>6}  {}\n", "hop", "address", "rtt", "quoted",
                     "first changed between the hop before and this one");
  for (const HopLine& h : lines) {
    std::string address = h.addresses.empty() ? (h.state == Evidence::rate_limited ? "(rate-limited)" : "*")
                                              : to_text(h.addresses.front());
    if (!h.mpls.empty()) address += " [MPLS " + h.mpls + "]";
    const bool told = !h.addresses.empty();
    std::string line = fmt::format("{:>4}  {:<32} {:>9}  {:>6}  {}", h.ttl, address, told ? milliseconds(h.rtt) : "",
                                   told ? fmt::format("{} B", h.quoted) : "", changes_at(r, h.ttl, direction));
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
    for (size_t i = 1; i < h.addresses.size(); ++i) out += fmt::format("      {}\n", to_text(h.addresses[i]));
  }
}

void hop_tables(std::string& out, const Observation& o, const TraceReport& r) {
  if (!r.hops.empty()) hops(out, r, PathDirection::forward);
  if (r.distance > 0) out += fmt::format("{:>4}  {}\n", r.distance, to_text(o.destination));
  if (!r.back_hops.empty()) {
    out += "\nthe way back, from the destination on\n";
    hops(out, r, PathDirection::back);
  }
  out += "\n";
}

void finding(std::string& out, const TraceFinding& f) {
  out += fmt::format("* {}.\n", f.sentence);
  std::string reasons;
  for (const std::string& why : f.interval.wide_because) reasons += (reasons.empty() ? "" : ", ") + why;
  if (!reasons.empty()) out += fmt::format("  Not nearer, because of {}.\n", reasons);
  out += fmt::format("  For MPTCP: {}\n  [{}]\n", f.means, f.id);
}

std::string last_word(const TraceReport& r) {
  const double told = 100 * r.coverage;
  if (r.reach == Reach::silent && r.distance == 0) {
    const auto answered = [](const HopLine& h) { return !h.addresses.empty(); };
    const auto last = std::find_if(r.hops.rbegin(), r.hops.rend(), answered);
    if (last == r.hops.rend()) return "Nobody answers, not even the first router.\n";
    return fmt::format("Nobody answers behind hop {} ({}): the packets end there, or the host drops them.\n", last->ttl,
                       to_text(last->addresses.front()));
  }
  if (!r.findings.empty()) return "";
  if (r.inconclusive)
    return fmt::format("Inconclusive: only {:.0f} % of the probes that hops were asked about were quoted.\n", told);
  return fmt::format("No interference found; hops quoted {:.0f} % of what they were asked about.\n", told);
}

}  // namespace

std::string trace_table(const Observation& o, const TraceReport& r, const TraceHeading& heading) {
  const std::string numeric = to_text(o.destination);
  std::string out = fmt::format("trace to {}{} port {} from {}: {}", heading.host,
                                heading.host == numeric ? "" : " (" + numeric + ")", heading.port, to_text(o.source),
                                name_of(r.reach));
  if (r.distance > 0) out += fmt::format(" at hop {}", r.distance);
  out += fmt::format("; {} probes in {}\n", o.runs.size(), milliseconds(heading.took));
  out += heading.followed.empty() ? "\n" : heading.followed + "\n\n";
  hop_tables(out, o, r);
  for (const TraceFinding& f : r.findings) finding(out, f);
  for (const TraceNote& n : r.notes) out += fmt::format("- {}\n", n.text);
  return out + last_word(r);
}

std::string probe_list() {
  std::string out = fmt::format("{:<14} {:<8} {}\n", "probe", "sent", "what it reveals");
  for (const NamedProbe& p : probes())
    out += fmt::format("{:<14} {:<8} {}\n{:24}{}\n", p.name, p.battery ? "always" : "if asked", p.reveals, "", p.spec);
  return out;
}

}  // namespace gauntlet
