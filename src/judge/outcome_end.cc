// One end's view: when, if ever, it stopped speaking MPTCP on the first subflow.
#include <fmt/core.h>

#include <algorithm>

#include "judge/compare.hh"
#include "judge/flow_marks.hh"
#include "judge/in_window.hh"
#include "judge/outcome.hh"
#include "judge/shadow.hh"

namespace gauntlet {
namespace {

struct Spoken {  // one segment of the first subflow, after the handshake and before any FIN
  uint32_t frame = 0;
  bool mine = false, mptcp = false, dss = false, infinite = false, fail = false, data = false;
};

std::vector<Spoken> spoken_on(const Trace& t, const Flow& f, Way mine) {
  std::vector<Spoken> all;
  uint32_t closing = UINT32_MAX;
  for (const Way way : kWays)
    for (const FlowSegment& s : f.half(way).segments)
      if (s.has(kFin)) closing = std::min(closing, s.frame);
  bool third = true;  // the opener's third ACK belongs to the handshake
  for (const Way way : kWays) {
    const std::vector<FlowSegment>& segments = f.half(way).segments;
    // What TCP does not take brings no signal (RFC 8684 3).
    const std::vector<bool> outside =
        way == mine ? std::vector<bool>(segments.size(), false) : outside_window(t, f, way);
    for (size_t i = 0; i < segments.size(); ++i) {
      const FlowSegment& s = segments[i];
      if (s.has(kSyn) || s.has(kRst) || s.frame >= closing || outside[i]) continue;
      if (way == f.opened && third) {
        third = false;
        if (s.length == 0) continue;
      }
      Spoken x;
      x.frame = s.frame;
      x.mine = way == mine;
      x.data = s.length > 0;
      x.mptcp = has_mptcp(t, s);
      for (const MptcpAt& at : mptcp_options(tcp_of(t, s).options())) {
        if (const auto* dss = std::get_if<Dss>(&at.option)) {
          x.dss = true;
          x.infinite |= dss->mapping && dss->mapping->length == 0;
        }
        if (const auto* capable = std::get_if<MpCapable>(&at.option)) x.dss |= capable->data_length.has_value();
        x.fail |= std::holds_alternative<MpFail>(at.option);
      }
      all.push_back(x);
    }
  }
  std::sort(all.begin(), all.end(), [](const Spoken& a, const Spoken& b) { return a.frame < b.frame; });
  return all;
}

const char* handshake_gap(const Trace& t, const Flow& f) {
  if (!f.marks.capable_syn) return "no MP_CAPABLE in the SYN";
  // The SYN that was answered is the last one: after some losses Linux leaves the option out.
  const FlowSegment* last = nullptr;
  for (const FlowSegment& s : f.half(f.opened).segments)
    if (s.has(kSyn)) last = &s;
  if (last && !mptcp_option<MpCapable>(t, *last)) return "the last SYN carried no MP_CAPABLE";
  if (!f.marks.capable_synack) return "no MP_CAPABLE in the SYN/ACK";
  if (!f.marks.capable_ack) return "no MP_CAPABLE in the third ACK or the first data";
  return nullptr;
}

}  // namespace

const char* name_of(Kept k) {
  switch (k) {
    case Kept::all_along:
      return "MPTCP to the end";
    case Kept::not_from_handshake:
      return "plain TCP from the handshake on";
    case Kept::not_from_first_data:
      return "plain TCP from the first data on";
    case Kept::not_later:
      return "plain TCP from mid-connection on";
    case Kept::not_after_failure:
      return "plain TCP after MP_FAIL";
  }
  return "?";
}

EndView view_of_end(const Trace& trace, const FlowSet& flows, bool client, uint16_t port, const EndpointFacts& report) {
  EndView v;
  v.client = client;
  v.socket = report.mptcp_end;
  const auto connection = connection_at(flows, port);
  if (connection.empty()) return v;
  v.seen = true;
  const Flow& f = *connection[0];
  const char* who = client ? "client" : "server";
  const auto tell = [&](Kept kept, uint32_t frame, const std::string& why) {
    v.kept = kept;
    v.where = frame_at(trace, frame);
    v.when = trace.frames()[frame].time;
    v.story.push_back(
        fmt::format("{}: {} ({}, {} frame {})", who, name_of(kept), why, v.where->interface, v.where->number));
  };
  if (const char* gap = handshake_gap(trace, f)) {
    const Half& opening = f.half(f.opened);
    tell(Kept::not_from_handshake, opening.segments.empty() ? 0 : opening.segments.front().frame, gap);
    return v;
  }
  const Way mine = client ? Way::c2s : Way::s2c;
  const std::vector<Spoken> all = spoken_on(trace, f, mine);
  size_t silent = 0, from = all.size();  // my last segments in a row without any MPTCP option
  bool silent_data = false;
  for (size_t i = all.size(); i-- > 0;) {
    if (!all[i].mine) continue;
    if (all[i].mptcp && !all[i].infinite) break;
    if (!all[i].infinite) ++silent, silent_data |= all[i].data;
    from = i;
  }
  const auto any = [&](size_t first, size_t last, auto what) {
    return std::any_of(all.begin() + static_cast<std::ptrdiff_t>(first),
                       all.begin() + static_cast<std::ptrdiff_t>(last), what);
  };
  const bool sent_infinite = any(0, all.size(), [](const Spoken& x) { return x.mine && x.infinite; });
  const bool got_infinite = any(0, all.size(), [](const Spoken& x) { return !x.mine && x.infinite; });
  const bool failed = any(0, all.size(), [](const Spoken& x) { return x.fail; });
  v.sent_fail = any(0, all.size(), [](const Spoken& x) { return x.mine && x.fail; });
  v.got_fail = any(0, all.size(), [](const Spoken& x) { return !x.mine && x.fail; });
  // One segment alone without options may be room lost to SACK blocks or a challenge ACK: then the socket decides.
  const bool fell = sent_infinite || silent >= 2 || silent_data || (silent == 1 && v.socket == false);
  if (!fell) {
    v.story.push_back(fmt::format("{}: {}", who, name_of(Kept::all_along)));
    return v;
  }
  if (from == all.size()) {  // an infinite mapping and MPTCP again behind it: judged by the mapping
    from = 0;
    while (from < all.size() && !(all[from].mine && all[from].infinite)) ++from;
  }
  const uint32_t frame = all[std::min(from, all.size() - 1)].frame;
  // What counts is what had arrived when the first segment without an option did: rule 3 of 3.7 speaks of that one, and
  // what was already on its way behind it changes nothing.
  size_t told = 0;
  while (told < from && (all[told].mine || all[told].mptcp)) ++told;
  const bool heard = any(0, told, [](const Spoken& x) { return !x.mine && x.dss && !x.infinite; });
  // Who never said a word of MPTCP behind the handshake did not stop in mid-connection, whatever it heard.
  const bool spoke = any(0, all.size(), [](const Spoken& x) { return x.mine && x.mptcp; });
  if (failed) {
    tell(Kept::not_after_failure, frame, "an MP_FAIL was exchanged");
  } else if (!heard || !spoke) {
    tell(Kept::not_from_first_data, frame,
         heard         ? "it never sent an option"
         : told < from ? "an answer without an option came before any DSS"
                       : "no DSS of the other end had arrived");
  } else {
    v.follows = got_infinite && !sent_infinite;
    tell(Kept::not_later, frame, v.follows ? "an infinite mapping arrived" : "its options stop");
  }
  return v;
}

}  // namespace gauntlet
