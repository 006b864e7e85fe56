#include <fmt/core.h>

#include <algorithm>

#include "judge/bench.hh"
#include "judge/in_window.hh"
#include "judge/shadow.hh"
#include "payload/payload.hh"

namespace gauntlet {
namespace {

constexpr uint64_t kMostStream = 256ull << 20;

std::vector<uint8_t> stream_of(const Plan& plan, Way way, uint32_t tag) {
  const bool up = way == Way::c2s;
  const Payload payload{up ? StreamDirection::c2s : StreamDirection::s2c, tag};
  std::vector<uint8_t> bytes;
  if (up) bytes.assign(plan.workload.preface_up.begin(), plan.workload.preface_up.end());
  const uint64_t size = std::min(up ? plan.workload.up : plan.workload.down, kMostStream);
  const std::vector<uint8_t> rest = payload.make(0, static_cast<size_t>(size));
  bytes.insert(bytes.end(), rest.begin(), rest.end());
  return bytes;
}

// Plain TCP's reading of the one flow that carried payload this way; nothing when several did.
ByteMap only_stream(const Trace& t, const FlowSet& flows, Way way, uint16_t port) {
  const Flow* only = nullptr;
  for (const Flow* f : connection_at(flows, port)) {
    bool carried = false;
    for (const FlowSegment& s : f->half(way).segments) carried |= s.length > 0;
    if (!carried) continue;
    if (only) return ByteMap();
    only = f;
  }
  return only ? plain_stream(t, *only, way) : ByteMap();
}

// What arrived of the connection: its subflows' streams, and each segment as it came, for where two copies of one byte
// differ.
MadeUp made_up_of(const RunEvidence& run, size_t cut, Way way, ByteView delivered) {
  const Trace& t = run.cuts[cut];
  std::vector<ByteMap> streams;
  std::vector<ByteView> carried;
  for (const Flow* f : connection_at(run.flows[cut], run.port)) {
    streams.push_back(plain_stream(t, *f, way));
    const std::vector<FlowSegment>& segments = f->half(way).segments;
    const std::vector<bool> refused = refused_by_tcp(t, *f, way);
    for (size_t i = 0; i < segments.size(); ++i)
      if (!refused[i]) carried.push_back(payload_of(t, segments[i]));
  }
  for (const ByteMap& map : streams)
    for (const auto& [at, bytes] : map.extents()) carried.push_back(bytes);
  return made_up(delivered, carried);
}

bool begins_with(ByteView stream, ByteView beginning) {
  return beginning.size() <= stream.size() && std::equal(beginning.begin(), beginning.end(), stream.begin());
}

ByteVerdict judge_way(Bench& b, const RunEvidence& run, Way way) {
  const bool up = way == Way::c2s;
  const EndpointFacts &sender = up ? run.client : run.server, &receiver = up ? run.server : run.client;
  const size_t near = up ? run.cuts.size() - 1 : 0,
               far = up ? 0 : run.cuts.size() - 1;  // cuts at the receiver and at the sender
  if (!receiver.bytes_known) {
    ByteVerdict unknown;
    unknown.known = false;
    unknown.why = "the receiver's program did not tell what it received";
    return unknown;
  }
  const std::vector<uint8_t> sent = stream_of(b.evidence.plan, way, sender.tag);
  ByteEvidence e;
  e.sent = sent;
  e.delivered = receiver.bytes;
  if (const RunEvidence* control = b.run("tcp"); control && control != &run) {
    const EndpointFacts& c = up ? control->server : control->client;
    if (c.there && c.bytes_known) e.control = ByteView(c.bytes);
  }
  const Shadow strict = shadow_receive(run.cuts[near], run.flows[near], way, run.port);
  const Shadow loose = shadow_receive(run.cuts[near], run.flows[near], way, run.port, {.verify = false});
  const Shadow offered =
      shadow_receive(run.cuts[far], run.flows[far], way, run.port, {.verify = false, .at_receiver = false});
  const ByteMap plain = only_stream(run.cuts[near], run.flows[near], way, run.port);
  e.shadow = strict.stream();
  e.unchecked = loose.stream();
  e.offered = offered.stream();
  e.plain = plain.from(0);
  e.clean_end = receiver.eof;
  e.sender_ok = sender.result == "ok";
  const auto outcome = b.outcomes.find(run.name);
  if (outcome != b.outcomes.end())
    e.mptcp_on = (up ? outcome->second.server : outcome->second.client).kept == Kept::all_along && run.name != "tcp";
  e.preface = up ? b.evidence.plan.workload.preface_up.size() : 0;
  ByteVerdict v = byte_verdict(e);
  // What a conforming receiver, or one without checksums, or plain TCP made of the packets was in them.
  if (!begins_with(e.shadow, e.delivered) && !begins_with(e.unchecked, e.delivered) &&
      !begins_with(e.plain, e.delivered))
    v.made_up = made_up_of(run, near, way, e.delivered);
  if (!v.complete) b.shadows[run.name + (up ? "/server" : "/client")] = {e.shadow.begin(), e.shadow.end()};
  return v;
}

// Plain TCP from the handshake on that ends as the control does: what became of MPTCP is the fallback, the rest is
// TCP's.
void compare_with_control(Bench& b) {
  OutcomeView& view = b.outcomes["mptcp"];
  const RunEvidence *run = b.run("mptcp"), *control = b.run("tcp");
  if (!view.as_plain || !run || !control) return;
  const auto same = [](const EndpointFacts& a, const EndpointFacts& c) {
    return a.result == c.result && a.close == c.close && a.received == c.received;
  };
  if (!same(run->client, control->client) || !same(run->server, control->server)) return;
  view.outcome = view.as_plain;
  view.story.push_back("it ended as plain TCP does through the same box");
}

}  // namespace

void judge_runs(Bench& b) {
  for (const RunEvidence& run : b.evidence.runs) {
    if (run.cuts.empty()) continue;
    b.outcomes[run.name] = outcome_of(run, run.name == "tcp" ? 1 : b.evidence.plan.paths);
    b.up[run.name] = judge_way(b, run, Way::c2s);
    b.down[run.name] = judge_way(b, run, Way::s2c);
  }
  compare_with_control(b);
}

void check_baseline(Bench& b) {
  const RunEvidence* run = b.run("baseline");
  if (!run) return;  // said by check_evidence
  const OutcomeView& view = b.outcomes["baseline"];
  const auto bad = [&](std::string expected, std::string actual) {
    b.add("armed.baseline", Level::error, "baseline-unclean", std::move(expected), std::move(actual));
  };
  const std::vector<Outcome>& allowed = b.evidence.plan.baseline;
  const bool cut_off = std::find(allowed.begin(), allowed.end(), Outcome::abort) != allowed.end();
  if (!view.outcome || std::find(allowed.begin(), allowed.end(), *view.outcome) == allowed.end())
    bad(name_of(allowed.front()), fmt::format("{}: {}", view.outcome ? name_of(*view.outcome) : "no connection",
                                              view.story.empty() ? "" : view.story.front()));
  for (const auto& [name, v] : {std::pair{"up", &b.up["baseline"]}, {"down", &b.down["baseline"]}})
    if (!v->known)
      b.add("armed.baseline", Level::not_evaluated, "not-reported", fmt::format("bytes {} identical", name), v->why);
    else if (v->letter != 'I' || (!v->complete && !cut_off))
      bad(fmt::format("bytes {} identical and complete", name), fmt::format("{} ({})", v->letter, v->why));
  if (b.armed()) b.add("armed.baseline", Level::pass);
}

}  // namespace gauntlet
