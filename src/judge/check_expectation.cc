#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "judge/bench.hh"

namespace gauntlet {
namespace {

std::string names_of(const std::vector<Outcome>& outcomes) {
  std::string text;
  for (const Outcome o : outcomes) text += (text.empty() ? "" : " or ") + std::string(name_of(o));
  return text;
}

bool contains(const std::vector<Outcome>& list, Outcome o) {
  return std::find(list.begin(), list.end(), o) != list.end();
}

bool went_well(const RunEvidence* run) { return run && run->client.result == "ok" && run->server.result == "ok"; }

void check_bytes(Bench& b, const char* name, const ByteVerdict& v) {
  if (!v.known) {
    b.add(fmt::format("bytes.{}", name), Level::not_evaluated, "not-reported", b.evidence.plan.expect.bytes, v.why);
    return;
  }
  const std::string& allowed = b.evidence.plan.expect.bytes;
  // The row speaks of the cell: an edit in one direction leaves the other identical, which is never outside the set.
  const bool right = v.letter == 'I' || allowed.find(v.letter) != std::string::npos;
  Check& c =
      b.add(fmt::format("bytes.{}", name), right ? Level::pass : Level::harm, right ? "" : "wrong-bytes", allowed,
            fmt::format("{}: {}{}", v.letter, v.why,
                        v.letter == 'I' || !v.first_wrong ? ""
                                                          : fmt::format("; first wrong at offset {} ({}){}",
                                                                        *v.first_wrong, v.origin ? v.origin->text : "",
                                                                        v.culprit ? "; culprit: " + *v.culprit : "")));
  c.clause = b.evidence.plan.expect.clause;
  if (v.duplicates > 0)
    b.add(fmt::format("bytes.{}.duplicates", name), Level::harm, "duplicate-bytes", "0",
          fmt::format("{} lines delivered more than once", v.duplicates));
}

void check_made_up(Bench& b, const char* run, const char* name, const ByteVerdict& v, Level level) {
  if (!v.known || v.made_up.bytes == 0) return;
  b.add(fmt::format("bytes.{}.made-up", name), level, "made-up-bytes", "only bytes that packets brought",
        fmt::format("{}: {} bytes that none brought, the first at offset {}", run, v.made_up.bytes, v.made_up.first))
      .clause = "RFC 8684 3.3.1";
}

Level level_of(Strength s) {
  return s == Strength::must ? Level::deviation : s == Strength::unspec ? Level::pass : Level::lenient;
}

void check_joins(Bench& b, const OutcomeView& view, const Expect& expect) {
  if (expect.joins.empty()) return;
  const auto joined = static_cast<unsigned>(
      std::count_if(view.joins.begin(), view.joins.end(), [](const SubflowView& j) { return j.established; }));
  const bool right = std::find(expect.joins.begin(), expect.joins.end(), joined) != expect.joins.end();
  const Level level = right ? Level::pass : level_of(expect.strength);
  b.add("joins", level, level == Level::pass ? "" : "joins",
        fmt::format("{} established joins ({})", fmt::join(expect.joins, " or "), name_of(expect.strength)),
        fmt::format("{}, of {} tried", joined, view.joins.size()))
      .clause = expect.clause;
}

void check_counters(Bench& b, const char* end, const EndpointFacts& facts, const CounterRule& rule) {
  const auto value = [&](const std::string& name) -> std::optional<int64_t> {
    for (const std::string& key : {name, "MPTcpExt" + name, "TcpExt" + name})
      if (const auto it = facts.counters.find(key); it != facts.counters.end()) return it->second;
    return std::nullopt;
  };
  const auto check = [&](const std::string& name, bool wanted) {
    const auto v = value(name);
    const std::string id = fmt::format("counters.{}", end),
                      expected = fmt::format("{} {}", name, wanted ? "moved" : "did not move");
    if (!v || !facts.sockets_gone) {
      b.add(id, Level::not_evaluated, v ? "sockets-left" : "no-such-counter", expected,
            v ? "sockets of the run were left: it may still move" : "this kernel has none of that name");
      return;
    }
    const bool right = wanted ? *v > 0 : *v == 0;
    // Counters corroborate: alone they never make a deviation.
    b.add(id, right ? Level::pass : Level::lenient, right ? "" : "counter", expected, fmt::format("{:+}", *v));
  };
  for (const std::string& name : rule.must) check(name, true);
  for (const std::string& name : rule.must_not) check(name, false);
}

}  // namespace

void check_invariants(Bench& b) {
  check_bytes(b, "up", b.up["mptcp"]);
  check_bytes(b, "down", b.down["mptcp"]);
  // In the control it is no finding on MPTCP: what it is compared with is not to be relied on.
  for (const auto& [run, level] : {std::pair{"mptcp", Level::harm}, std::pair{"tcp", Level::error}}) {
    check_made_up(b, run, "up", b.up[run], level);
    check_made_up(b, run, "down", b.down[run], level);
  }
  const OutcomeView& view = b.outcomes["mptcp"];
  const Expect& expect = b.evidence.plan.expect;
  if (b.up["mptcp"].known && b.down["mptcp"].known &&
      worse_letter(b.up["mptcp"].letter, b.down["mptcp"].letter) == 'I' && expect.bytes.find('I') == std::string::npos)
    b.add("bytes", Level::lenient, "bytes-identical", expect.bytes, "I: what was sent, in spite of the edit").clause =
        expect.clause;
  if (view.outcome == Outcome::stall && went_well(b.run("tcp")) && !contains(expect.outcome, Outcome::stall) &&
      !contains(expect.lenient, Outcome::stall)) {
    b.add("limits", Level::harm, "no-end", "progress, or an end within the send timeout, as plain TCP has",
          view.story.empty() ? "" : view.story.back())
        .clause = "RFC 8684 3.3";
  } else {
    b.add("limits", Level::pass);
  }
  const RunEvidence* run = b.run("mptcp");
  if (run && (!run->client.sockets_gone || !run->server.sockets_gone))
    b.add("limits.sockets", Level::not_evaluated, "sockets-left", "no socket of the run left",
          "some were, when the limit for that ran out");
}

void check_expectation(Bench& b) {
  const Expect& expect = b.evidence.plan.expect;
  const OutcomeView& view = b.outcomes["mptcp"];
  const RunEvidence* run = b.run("mptcp");
  if (!view.outcome) {
    b.add("outcome", Level::error, "outcome-unknown", names_of(expect.outcome),
          "no connection in the captures at the ends")
        .clause = expect.clause;
    return;
  }
  Level level = Level::pass;
  std::string reason;
  if (!contains(expect.outcome, *view.outcome)) {
    reason = "outcome";
    if (contains(expect.lenient, *view.outcome))
      level = Level::lenient;
    else if (expect.strength == Strength::must)
      level = Level::deviation;
    else if (expect.strength != Strength::unspec)
      level = Level::lenient;
    else
      reason.clear();  // the RFC is silent: bytes and bounded time decide
  }
  const std::string actual = fmt::format("{} (client: {}, server: {})", name_of(*view.outcome),
                                         name_of(view.client.kept), name_of(view.server.kept));
  const std::string expected = fmt::format("{} ({}){}", names_of(expect.outcome), name_of(expect.strength),
                                           expect.lenient.empty() ? "" : ", tolerated: " + names_of(expect.lenient));
  Check& c = b.add("outcome", level, reason, expected, actual);
  c.clause = expect.clause;
  const auto& where = view.client.kept >= view.server.kept ? view.client.where : view.server.where;
  if (where) {
    c.capture = fmt::format("mptcp/{}.pcapng", where->interface);
    c.frames = {where->number};
  }
  check_joins(b, view, expect);
  check_signals(b);
  if (!run) return;
  check_counters(b, "client", run->client, expect.client);
  check_counters(b, "server", run->server, expect.server);
}

}  // namespace gauntlet
