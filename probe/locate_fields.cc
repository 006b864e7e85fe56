// The forward path: every field of every probe is followed from hop to hop.
#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "probe/locate.hh"
#include "probe/run_locator.hh"
#include "probe/ways.hh"
#include "wire/layout.hh"

namespace gauntlet {
namespace {

// The shift of the sequence number, flow by flow: the same for all, or drawn anew for each (RFC 6528's idea, done by a
// box).
void name_shifts(const Observation& o, TraceReport& report) {
  std::vector<size_t> shifts;
  for (size_t i = 0; i < report.findings.size(); ++i)
    if (report.findings[i].id == "tcp.seq.forward: shifted") shifts.push_back(i);
  for (const size_t i : shifts) {
    TraceFinding& f = report.findings[i];
    std::set<uint32_t> deltas;
    std::set<uint16_t> flows;  // by source port
    for (const EvidenceRow& row : f.evidence) {
      if (row.state.evidence != Evidence::changed) continue;
      deltas.insert(static_cast<uint32_t>(std::stoul(row.state.after)) -
                    static_cast<uint32_t>(std::stoul(row.state.before)));
      for (const ProbeRun& run : o.runs)
        if (run.name == row.probe) flows.insert(run.flow.source_port);
    }
    if (flows.size() < 2) continue;
    f.verdict = deltas.size() == 1 ? "shifted-constant" : "isn-randomised";
    f.id = fmt::format("tcp.seq.forward: {}", f.verdict);
  }
}

// RFC 8684 3.3.1: a mapping counts from the subflow's first sequence number. Who moves that moves all of them alike;
// who begins to move them later, because the stream got longer or shorter, must move the mappings, too.
void untranslated_mappings(const std::vector<RunLocator::Shifted>& all, TraceReport& report) {
  for (const auto& s : all) {
    if (!s.mapping_as_sent || s.interval.hi == 0) continue;
    const RunLocator::Shifted* first = &s;  // of its connection
    for (const auto& other : all)
      if (other.run->flow.source_port == s.run->flow.source_port && static_cast<int32_t>(other.seq - first->seq) < 0)
        first = &other;
    if (first->by == s.by) continue;
    TraceFinding f = make_finding("mptcp.dss", s.run->spec.segment_name(), PathDirection::forward, "untranslated");
    f.interval = s.interval;
    f.before = fmt::format("sequence numbers shifted by {}", static_cast<int32_t>(s.by));
    f.after = "the mapping beside them as it was sent";
    f.probes = {s.run->name};
    add_finding(report, std::move(f));
  }
}

// First pieces everywhere and never a second one: nobody splits, somebody cuts off. What the nearest router shows may
// be one piece where those behind it show all.
void name_pieces(const std::vector<RunLocator>& all, TraceReport& report) {
  const auto it = std::find_if(report.findings.begin(), report.findings.end(),
                               [](const TraceFinding& f) { return f.id == "tcp.segmentation.forward: split"; });
  if (it == report.findings.end()) return;
  size_t first = 0, whole = 0;
  for (const EvidenceRow& row : it->evidence)
    if (row.state.evidence == Evidence::changed) ++(row.state.after == kFirstPiece ? first : whole);
  const bool later = std::any_of(all.begin(), all.end(), [](const RunLocator& l) { return l.shows_all_pieces(); });
  if (whole > 0 || first == 0 || later) return;
  const bool certain = first >= 2 && !it->inferred;
  const TraceFinding named = certain ? make_finding("payload", "data", it->direction, "shortened")
                                     : make_finding("ip.length", "", it->direction, "shrunk");
  TraceFinding f = *it;
  report.findings.erase(it);
  f.id = named.id;
  f.field = named.field;
  f.segment = named.segment;
  f.verdict = named.verdict;
  if (!certain) f.candidates = {"tcp.segmentation: split", "payload: shortened"};
  add_finding(report, std::move(f));
}

// A flow that keeps to one way meets a box or does not. Where a change is gone at a later hop, and flows differ at one
// hop, or flows differ that met the same routers where ways part, each packet went a way of its own.
bool by_turns(const std::vector<RunLocator>& all, const Fork& fork) {
  for (const RunLocator& a : all)
    for (const RunLocator& b : all) {
      if (&a == &b || a.probe().spec.segment_name() != b.probe().spec.segment_name()) continue;
      for (const auto& [field, times] : a.undone())
        if (a.contradicts(b, field)) return true;
      if (fork.hop == 0 || base_name(a.probe().name) != base_name(b.probe().name) || !same_way(a.probe(), b.probe()))
        continue;
      for (const std::string& field : a.edited())
        if (a.contradicts(b, field)) return true;
    }
  return false;
}

// What one hop shows and the next does not, where flows differ at one hop.
void believe(const std::vector<RunLocator>& all, TraceReport& report) {
  for (const RunLocator& a : all)
    for (const TraceFinding& f : a.disbelieved())
      if (std::any_of(all.begin(), all.end(), [&](const RunLocator& b) {
            return a.probe().spec.segment_name() == b.probe().spec.segment_name() && a.contradicts(b, f.field);
          }))
        report.findings.push_back(f);
}

// Behind the hop where ways part, a field as it was sent says nothing of the other packets.
void widen(const Fork& fork, TraceReport& report) {
  std::vector<TraceFinding> all;
  all.swap(report.findings);
  for (TraceFinding& f : all) {
    if (f.interval.hi >= fork.hop) {
      const int lo = fork.hop == 0 ? 0 : fork.hop - 1;
      f.interval.lo = std::min(f.interval.lo, static_cast<uint8_t>(lo));
      f.interval.wide_because = {"packets of one flow go several ways"};
    }
    add_finding(report, std::move(f));
  }
  std::erase_if(report.notes, [](const TraceNote& n) { return n.id == "quote.contradicts-neighbours"; });
  report.by_turns = true;
  report.notes.push_back(
      {"path.inconsistent",
       fork.hop == 0 ? "packets of one flow go several ways, and routers do not show where these part"
                     : fmt::format("packets of one flow go several ways (hop {} is {}): a box behind hop {} is on some "
                                   "of them",
                                   fork.hop, fork.routers, fork.hop - 1)});
}

}  // namespace

void locate_fields(const Observation& o, TraceReport& report) {
  std::vector<RunLocator> all;
  all.reserve(o.runs.size());
  for (const ProbeRun& run : o.runs) all.emplace_back(o, run, report);
  for (RunLocator& locator : all) locator.refute(all);
  std::vector<RunLocator::Shifted> shifted;
  for (RunLocator& locator : all) {
    locator.run();
    if (const auto s = locator.shifted()) shifted.push_back(*s);
  }
  untranslated_mappings(shifted, report);
  if (const Fork fork = first_fork(o); by_turns(all, fork)) {
    believe(all, report);
    widen(fork, report);
  }
  for (TraceFinding& f : report.findings) {
    f.agree = static_cast<uint32_t>(f.probes.size());
    for (const ProbeRun& run : o.runs) {
      const bool same_segment = f.segment.empty() || run.spec.segment_name() == f.segment;
      f.asked += same_segment && run.spec.proto == kProtoTcp && last_hop_of(run) >= f.interval.hi ? 1 : 0;
    }
    f.asked = std::max(f.asked, f.agree);
  }
  name_shifts(o, report);
  name_pieces(all, report);
}

}  // namespace gauntlet
