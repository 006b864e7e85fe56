// The joined subflows: asked for, answered, established, reset; and whether the first one was lost while others went
// on.
#include <fmt/core.h>

#include <algorithm>

#include "judge/compare.hh"
#include "judge/flow_marks.hh"
#include "judge/outcome.hh"
#include "judge/pairing.hh"
#include "judge/shadow.hh"

namespace gauntlet {
namespace {

// The last moment at which the connection still moved: payload or a DATA_FIN for the first time.
Time last_progress(const Trace& t, const std::vector<const Flow*>& flows) {
  Time last = Time::min();
  for (const Flow* f : flows) {
    for (const Way way : kWays) {
      int64_t highest = 0;
      for (const FlowSegment& s : f->half(way).segments) {
        const auto dss = mptcp_option<Dss>(t, s);
        if ((s.length > 0 && s.end() > highest) || (dss && dss->data_fin))
          last = std::max(last, t.frames()[s.frame].time);
        highest = std::max(highest, s.end());
      }
    }
  }
  return last;
}

// When the connection was closed (3.3.3): the moment at which both DATA_FINs had been acknowledged by Data ACKs. From
// then on a subflow MAY be ended by RST, as long as data that another one delivered is still queued on it.
std::optional<Time> closed_at(const Trace& t, const std::vector<const Flow*>& flows) {
  std::optional<Time> closed;
  for (const Way way : kWays) {
    std::optional<uint32_t> end;  // behind the DATA_FIN of `way`: the low half, which every form of a Data ACK carries
    for (const Flow* f : flows)
      for (const FlowSegment& s : f->half(way).segments)
        if (const auto dss = mptcp_option<Dss>(t, s); dss && dss->data_fin && dss->mapping)
          end = static_cast<uint32_t>(dss->mapping->dsn + dss->mapping->length);
    std::optional<Time> acknowledged;
    for (const Flow* f : flows) {
      for (const FlowSegment& s : f->half(reverse(way)).segments) {
        const auto dss = mptcp_option<Dss>(t, s);
        if (!end || !dss || !dss->data_ack || static_cast<uint32_t>(*dss->data_ack) != *end) continue;
        const Time when = t.frames()[s.frame].time;
        if (!acknowledged || when < *acknowledged) acknowledged = when;
      }
    }
    if (!acknowledged) return std::nullopt;
    closed = closed ? std::max(*closed, *acknowledged) : *acknowledged;
  }
  return closed;
}

const FlowSegment* first_reset(const Flow& f, Way& way) {
  const FlowSegment* found = nullptr;
  for (const Way w : kWays)
    for (const FlowSegment& s : f.half(w).segments)
      if (s.has(kRst) && (!found || s.frame < found->frame)) found = &s, way = w;
  return found;
}

std::string reason_of(const Trace& t, const FlowSegment& s) {
  const auto reset = mptcp_option<MpTcprst>(t, s);
  std::string text = reset ? fmt::format("MP_TCPRST reason {}", reset->reason) : "no MP_TCPRST";
  if (mptcp_option<MpFail>(t, s)) text += ", with MP_FAIL";
  return text;
}

// The server accepted the join: behind its arrival it said something else than RST.
bool accepted(const Flow& at_server) {
  if (!at_server.marks.join_ack) return false;
  const Way back = reverse(at_server.opened);
  return std::any_of(at_server.half(back).segments.begin(), at_server.half(back).segments.end(),
                     [](const FlowSegment& s) { return !s.has(kSyn) && !s.has(kRst); });
}

}  // namespace

std::vector<SubflowView> view_of_joins(const RunEvidence& run, SubflowView& first) {
  std::vector<SubflowView> views;
  const Trace &tc = run.cuts.front(), &ts = run.cuts.back();
  const FlowSet &fc = run.flows.front(), &fs = run.flows.back();
  const auto connection = connection_at(fc, run.port);
  if (connection.empty()) return views;
  Time end = last_progress(tc, connection);
  if (const auto closed = closed_at(tc, connection)) end = std::min(end, *closed);
  const std::vector<FlowPair> pairs = pair_flows(tc, fc, ts, fs);
  for (const Flow* f : connection) {
    Way way = Way::c2s;
    const FlowSegment* rst = first_reset(*f, way);
    const bool early = rst && tc.frames()[rst->frame].time < end;
    if (f == connection[0]) {
      first.answered = first.established = true;
      first.reset = early && connection.size() > 1;
      if (rst) {
        first.reason = reason_of(tc, *rst);
        first.where = frame_at(tc, rst->frame);
      }
      continue;
    }
    SubflowView v;
    v.answered = f->marks.join_synack;
    const auto pair =
        std::find_if(pairs.begin(), pairs.end(), [&](const FlowPair& p) { return p.a && &fc.flows[*p.a] == f; });
    const Flow* other = pair != pairs.end() && pair->b ? &fs.flows[*pair->b] : nullptr;
    v.established = v.answered && f->marks.join_ack && other && accepted(*other);
    v.reset = early;
    if (rst) {
      v.reason = reason_of(tc, *rst);
      v.where = frame_at(tc, rst->frame);
    }
    // Who reset it may have said why on its own side only.
    if (Way w = Way::c2s; other && v.reason != "" && v.reason.starts_with("no"))
      if (const FlowSegment* r = first_reset(*other, w)) v.reason = reason_of(ts, *r);
    views.push_back(v);
  }
  return views;
}

}  // namespace gauntlet
