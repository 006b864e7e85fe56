#include "judge/outcome.hh"

#include <fmt/core.h>

#include <algorithm>

namespace gauntlet {
namespace {

std::optional<Outcome> ended_badly(const RunEvidence& run, std::vector<std::string>& story) {
  std::optional<Outcome> found;
  for (const EndpointFacts* e : {&run.client, &run.server}) {
    if (!e->there || e->result == "ok") continue;
    // What we ended at our own limit came to no end of its own, however slowly it moved.
    const bool stalled = e->stalled || e->result == "stalled" || e->close == "timeout";
    story.push_back(fmt::format("{}: {} in phase {} after {} of {} bytes received, {} of {} sent{}{}",
                                e == &run.client ? "client" : "server", e->result, e->phase, e->received,
                                e->receive_total, e->sent, e->send_total, e->error.empty() ? "" : ": ", e->error));
    // A stall at one end is a stall, whatever the other makes of its being given up.
    if (stalled)
      found = Outcome::stall;
    else if (!found)
      found = Outcome::abort;
  }
  return found;
}

void say_joins(OutcomeView& v) {
  if (v.first.reset && v.first.where)
    v.story.push_back(fmt::format("first subflow reset, another went on ({}, {} frame {})", v.first.reason,
                                  v.first.where->interface, v.first.where->number));
  for (const SubflowView& j : v.joins) {
    std::string text = j.established ? "joined subflow established"
                       : j.answered  ? "joined subflow answered, never established"
                                     : "MP_JOIN not answered";
    if (j.where) text += fmt::format("; RST ({}, {} frame {})", j.reason, j.where->interface, j.where->number);
    v.story.push_back(std::move(text));
  }
}

}  // namespace

OutcomeView outcome_of(const RunEvidence& run, unsigned expected_subflows) {
  OutcomeView v;
  if (run.cuts.empty()) return v;
  v.client = view_of_end(run.cuts.front(), run.flows.front(), true, run.port, run.client);
  v.server = view_of_end(run.cuts.back(), run.flows.back(), false, run.port, run.server);
  v.joins = view_of_joins(run, v.first);
  for (const EndView* e : {&v.client, &v.server}) v.story.insert(v.story.end(), e->story.begin(), e->story.end());
  say_joins(v);
  const std::optional<Outcome> bad = ended_badly(run, v.story);
  if (!v.client.seen && !bad) return v;  // no connection and nobody says so

  // An end that only followed an infinite mapping fell back when the other did.
  if (v.client.follows && !v.server.follows && v.server.kept != Kept::all_along) v.client.kept = v.server.kept;
  if (v.server.follows && !v.client.follows && v.client.kept != Kept::all_along) v.server.kept = v.client.kept;
  // Nor is it late that an end follows the other, which had to give up on its first data and stopped sending options:
  // the connection fell back there. Without the infinite mapping that 3.7 describes it only takes the follower longer
  // to see.
  for (auto [one, other] : {std::pair{&v.client, &v.server}, {&v.server, &v.client}}) {
    if (one->kept != Kept::not_from_first_data || other->kept != Kept::not_later || other->when < one->when) continue;
    other->kept = one->kept;
    v.story.push_back(fmt::format("{} followed the {}, whose options stopped", other->client ? "client" : "server",
                                  one->client ? "client" : "server"));
  }
  for (EndView* e : {&v.client, &v.server}) {
    if (!e->socket || !e->seen) continue;
    const bool wire = e->kept == Kept::all_along;
    if (*e->socket == wire) continue;
    v.story.push_back(fmt::format("{}: its socket says {}, the wire says {}", e->client ? "client" : "server",
                                  *e->socket ? "MPTCP" : "plain TCP", name_of(e->kept)));
    // Nothing on the wire contradicts a socket that fell back after its last segment.
    if (wire) e->kept = Kept::not_later;
  }
  v.ends_disagree = v.server.seen && (v.client.kept == Kept::all_along) != (v.server.kept == Kept::all_along);
  if (v.ends_disagree)
    v.story.push_back(
        fmt::format("the ends disagree: client {}, server {}", name_of(v.client.kept), name_of(v.server.kept)));

  if (bad) {
    v.outcome = bad;
    if (std::max(v.client.kept, v.server.seen ? v.server.kept : Kept::all_along) == Kept::not_from_handshake)
      v.as_plain = Outcome::fallback_handshake;
    return v;
  }
  const auto established =
      std::count_if(v.joins.begin(), v.joins.end(), [](const SubflowView& j) { return j.established; });
  switch (std::max(v.client.kept, v.server.kept)) {
    case Kept::not_from_handshake:
      v.outcome = Outcome::fallback_handshake;
      return v;
    case Kept::not_from_first_data:
      v.outcome = Outcome::fallback_first;
      return v;
    case Kept::not_later:
      v.outcome = Outcome::fallback_late;
      return v;
    case Kept::not_after_failure:
      v.outcome = Outcome::fallback_fail;
      return v;
    case Kept::all_along:
      break;
  }
  if (v.first.reset ||
      std::any_of(v.joins.begin(), v.joins.end(), [](const SubflowView& j) { return j.established && j.reset; })) {
    v.outcome = Outcome::subflow_reset;
  } else if (established + 1 < static_cast<std::ptrdiff_t>(expected_subflows)) {
    if (v.joins.empty()) v.story.push_back("no MP_JOIN was sent");
    v.outcome = Outcome::join_refused;
  } else {
    v.outcome = Outcome::preserved;
  }
  return v;
}

}  // namespace gauntlet
