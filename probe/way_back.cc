// Findings of the way back: the agent's probes are judged like our own, then named by the direction they went.
#include <fmt/core.h>

#include "probe/locate.hh"

namespace gauntlet {

void add_way_back(const Observation& back, TraceReport& report) {
  TraceReport other = locate_quotes(back);
  for (TraceFinding& f : other.findings) {
    // What the SYN/ACK said without a place, is now known with one.
    std::erase_if(report.findings, [&](const TraceFinding& old) {
      return old.direction == PathDirection::back && old.field == f.field && old.segment == f.segment;
    });
    TraceFinding named = make_finding(f.field, f.segment, PathDirection::back, f.verdict);
    f.id = named.id;
    f.direction = named.direction;
    report.findings.push_back(std::move(f));
  }
  for (TraceNote& n : other.notes) {
    n.text = "way back: " + n.text;
    report.notes.push_back(std::move(n));
  }
  report.back_hops = std::move(other.hops);
}

}  // namespace gauntlet
