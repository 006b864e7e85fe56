#include "virtual/boxed/cases.hh"

#include <fmt/core.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "util/error.hh"
#include "virtual/boxed/owed.hh"

namespace gauntlet {
namespace {

std::vector<WantedFinding> wanted_of(const Json& list) {
  std::vector<WantedFinding> out;
  for (const Json& id : list) {
    const auto text = id.get<std::string>();
    const bool placed = text.front() != '~';
    out.push_back({placed ? text : text.substr(1), placed});
  }
  return out;
}

// Where the box is, as an interval in the direction of the finding: the last hop that sees the packet as it was sent,
// and the first that sees what the box made of it.
HopInterval truth(const BoxTrial& t, PathDirection direction) {
  const BoxPlace& box = t.route.boxes.front();
  const int at = direction == PathDirection::back ? t.route.routers + 1 - box.router : box.router;
  return {static_cast<uint8_t>(box.post ? at : at - 1), static_cast<uint8_t>(box.post ? at + 1 : at), {}};
}

// " [8 all+pad silent 20/6]": bytes quoted, filled up, answers at once of a router that limits them.
std::string conduct_of(const RouteConfig& route) {
  std::string text;
  for (const RouterConduct& c : route.conduct) {
    text += text.empty() ? " [" : " ";
    text += c.silent ? "silent" : c.quote < 0 ? "all" : std::to_string(c.quote);
    constexpr const char* kFillings[] = {"", "+label", "+told", "+zeros"};
    text += kFillings[static_cast<size_t>(c.filling)];
    if (c.burst != 0) text += fmt::format("/{}", c.burst);
  }
  return text.empty() ? text : text + "]";
}

// What a quote that is cut short still shows of another finding.
bool general(const std::string& id) {
  return id.starts_with("tcp.tail.") || id.starts_with("tcp.options.") || id.starts_with("ip.length.");
}

// With no router behind the box to ask, it may as well be the way back.
bool same_either_way(std::string forward, const std::string& told) {
  const size_t at = forward.find(".forward:");
  return at != std::string::npos && forward.replace(at, 9, ".either:") == told;
}

}  // namespace

std::vector<BoxCase> box_cases(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) throw UsageError("cannot read " + file.string());
  std::vector<BoxCase> out;
  for (const Json& row : Json::parse(in)) {
    BoxCase c;
    c.box = row.at("box");
    c.spec = row.at("spec");
    c.why = row.value("why", "");
    c.syn_only = row.value("syn_only", false);
    c.loose = row.value("loose", false);
    c.pre = row.value("hooks", "pre") == "pre";
    c.post = row.value("hooks", "post") == "post";
    c.probes = row.value("probes", std::vector<std::string>{});
    c.families = row.value("families", c.families);
    c.one = wanted_of(row.at("one"));
    if (row.contains("maybe")) c.maybe = wanted_of(row["maybe"]);
    if (!row.contains("two"))
      c.two = c.one;
    else if (!row["two"].is_null())
      c.two = wanted_of(row["two"]);
    c.filling = row.value("poor", true);
    c.hidden_hops = row.value("hidden_hops", 0);
    c.routers_before = row.value("routers_before", 0);
    c.seen_as = row.value("seen_as", "");
    out.push_back(std::move(c));
  }
  return out;
}

TraceResult run_trial(const BoxTrial& t) {
  VirtualRoute route(t.route);
  TraceRequest request;
  request.source = route.client_address();
  request.destination = route.server_address();
  request.syn_only = t.row->syn_only;
  request.probes = t.row->probes;
  if (t.agent) {
    request.agent = &route.agent();
    request.agent_address = route.server_address();
    const std::string& as = t.row->seen_as;
    const size_t blank = as.find(' ');
    request.our_address = as.empty() ? route.client_address()
                                     : *parse_ip_address(t.route.v6 ? as.substr(blank + 1) : as.substr(0, blank));
  }
  return trace(route.client(), request);
}

void judge_trial(const BoxTrial& t, const TraceResult& r, bool whole, BoxScore& score) {
  const auto& wanted = t.agent ? *t.row->two : t.row->one;
  const BoxPlace& box = t.route.boxes.front();
  const std::string name = fmt::format("seed {}: {} {} router {} of {}, IPv{}{}{}", t.route.seed, t.row->spec,
                                       box.post ? "behind the check of" : "in front of", box.router, t.route.routers,
                                       t.route.v6 ? 6 : 4, t.agent ? ", agent" : "", conduct_of(t.route));
  const auto fault = [&](const std::string& text) { score.faults.push_back(name + ": " + text); };
  const auto rows = [](const TraceFinding& f) {  // what the finding rests on
    std::string text = "\n   ";
    for (const std::string& p : f.probes) text += " " + p;
    for (const EvidenceRow& e : f.evidence)
      text +=
          fmt::format("\n    {} hop {}: {} {} {} -> {}{}{}", e.probe, e.ttl, name_of(e.state.evidence), e.state.verdict,
                      e.state.before, e.state.after, e.state.inferred ? " inferred" : "", e.state.weak ? " weak" : "");
    return text;
  };
  bool all = true, inside = true, exact = true;
  for (const WantedFinding& w : wanted) {
    const bool there = std::any_of(r.report.findings.begin(), r.report.findings.end(),
                                   [&](const TraceFinding& f) { return f.id == w.id; });
    all = all && there;
    if (!there && whole)
      fault(fmt::format("missing: {} (TCP answers at {}, {})", w.id, r.report.distance, name_of(r.report.reach)));
  }
  for (const TraceFinding& f : r.report.findings) {
    const bool may_be =
        !whole && std::any_of(t.row->maybe.begin(), t.row->maybe.end(), [&](const auto& m) { return m.id == f.id; });
    const auto w = std::find_if(wanted.begin(), wanted.end(), [&](const WantedFinding& x) {
      return x.id == f.id || (!whole && same_either_way(x.id, f.id));
    });
    if (w == wanted.end() && !may_be && (whole || (wanted.empty() && t.row->maybe.empty()) || !general(f.id)))
      fault("not so: " + f.id + ": " + f.sentence + rows(f));
    const HopInterval true_place = truth(t, f.direction), &told = f.interval;
    const bool holds = told.lo <= true_place.lo && told.hi >= true_place.hi;
    inside = inside && holds;
    const int width = told.hi - told.lo;
    exact = exact && (w == wanted.end() || !w->placed || width == 1);
    if (!holds) fault(fmt::format("{} is not in ({}, {}]{}", f.id, told.lo, told.hi, rows(f)));
    if (whole && w != wanted.end() && w->placed && width > (t.row->loose ? 2 : 1))
      fault(fmt::format("{} told as ({}, {}]", f.id, told.lo, told.hi));
  }
  if (!whole) {
    const Owed must = owed(t, r);
    for (const std::string& id : must.named)
      if (std::none_of(r.report.findings.begin(), r.report.findings.end(), [&](const auto& f) { return f.id == id; }))
        fault("shown and not told: " + id);
    if (must.any && r.report.findings.empty()) fault("an edit is shown and nothing told");
  }
  ++score.runs;
  const bool any = !r.report.findings.empty();
  score.found += any ? 1 : 0;
  score.inside += any && inside ? 1 : 0;
  score.exact += any && exact ? 1 : 0;
  score.named += any && all ? 1 : 0;
}

}  // namespace gauntlet
