// The forward path: every field of every probe is followed from hop to hop.
#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "probe/locate.hh"
#include "probe/run_locator.hh"
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

// First pieces everywhere and never a second one: nobody splits, somebody cuts off.
void name_pieces(TraceReport& report) {
  const auto it = std::find_if(report.findings.begin(), report.findings.end(),
                               [](const TraceFinding& f) { return f.id == "tcp.segmentation.forward: split"; });
  if (it == report.findings.end()) return;
  size_t first = 0, whole = 0;
  for (const EvidenceRow& row : it->evidence)
    if (row.state.evidence == Evidence::changed) ++(row.state.after == kFirstPiece ? first : whole);
  if (whole > 0 || first == 0) return;
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
  for (TraceFinding& f : report.findings) {
    f.agree = static_cast<uint32_t>(f.probes.size());
    for (const ProbeRun& run : o.runs) {
      const bool same_segment = f.segment.empty() || run.spec.segment_name() == f.segment;
      f.asked += same_segment && run.spec.proto == kProtoTcp && last_hop_of(run) >= f.interval.hi ? 1 : 0;
    }
    f.asked = std::max(f.asked, f.agree);
  }
  name_shifts(o, report);
  name_pieces(report);
}

}  // namespace gauntlet
