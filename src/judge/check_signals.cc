// What one end's signal demands of the other, whatever the scenario is about: MP_FAIL is answered, a SYN without
// MP_CAPABLE is.
#include <fmt/core.h>

#include <algorithm>

#include "judge/bench.hh"
#include "judge/compare.hh"
#include "judge/flow_marks.hh"
#include "judge/shadow.hh"

namespace gauntlet {
namespace {

void check_fail_answered(Bench& b) {
  const OutcomeView& view = b.outcomes["mptcp"];
  for (const EndView* end : {&view.client, &view.server}) {
    if (!end->got_fail) continue;
    const std::string text = fmt::format("{}: MP_FAIL received, {}", end->client ? "client" : "server",
                                         end->sent_fail ? "MP_FAIL sent" : "none sent");
    b.add("signals.mp-fail", end->sent_fail ? Level::pass : Level::deviation, end->sent_fail ? "" : "fail-unanswered",
          "an MP_FAIL is answered by one (MUST)", text)
        .clause = "RFC 8684 3.7";
  }
}

// 3.1: "If a SYN does not contain an MP_CAPABLE option, the SYN/ACK MUST NOT contain one in response." At the server's
// own interface, where the order is that of the host; only a SYN/ACK that comes right behind such a SYN is an answer to
// it, a later one may be a retransmission.
void check_plain_syn(Bench& b) {
  const RunEvidence* run = b.run("mptcp");
  if (!run || run->cuts.empty()) return;
  const Trace& t = run->cuts.back();
  const auto connection = connection_at(run->flows.back(), run->port);
  if (connection.empty()) return;
  const Flow& f = *connection[0];
  std::vector<const FlowSegment*> syns;
  for (const Way way : kWays)
    for (const FlowSegment& s : f.half(way).segments)
      if (s.has(kSyn)) syns.push_back(&s);
  std::sort(syns.begin(), syns.end(), [](const auto* a, const auto* c) { return a->frame < c->frame; });
  size_t plain = 0;
  const FlowSegment* wrong = nullptr;
  for (size_t i = 0; i + 1 < syns.size(); ++i) {
    const FlowSegment &syn = *syns[i], &answer = *syns[i + 1];
    if (syn.has(kAck) || !answer.has(kAck) || mptcp_option<MpCapable>(t, syn)) continue;
    ++plain;
    if (!wrong && mptcp_option<MpCapable>(t, answer)) wrong = &answer;
  }
  if (plain == 0) return;
  Check& c = b.add("signals.synack", wrong ? Level::deviation : Level::pass, wrong ? "capable-unasked" : "",
                   "no MP_CAPABLE in the answer to a SYN without it (MUST NOT)",
                   wrong ? "the SYN/ACK carries it" : fmt::format("{} answered without it", plain));
  c.clause = "RFC 8684 3.1";
  if (!wrong) return;
  const FrameAt at = frame_at(t, wrong->frame);
  c.capture = fmt::format("mptcp/{}.pcapng", at.interface);
  c.frames = {at.number};
}

}  // namespace

void check_signals(Bench& b) {
  check_fail_answered(b);
  check_plain_syn(b);
}

}  // namespace gauntlet
