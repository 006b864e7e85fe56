#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "probe/answers.hh"
#include "probe/catalogue.hh"
#include "probe/render.hh"

namespace gauntlet {
namespace {

double microseconds(Duration d) { return static_cast<double>(d.count()) / 1000.0; }

Json hop_json(const HopLine& h) {
  Json addresses = Json::array();
  for (const IpAddress& a : h.addresses) addresses.push_back(to_text(a));
  return {{"ttl", h.ttl},
          {"addresses", std::move(addresses)},
          {"state", h.addresses.empty() ? name_of(h.state) : "answered"},
          {"rtt_us", h.addresses.empty() ? Json() : Json(microseconds(h.rtt))},
          {"quoted", h.quoted},
          {"mpls", h.mpls}};
}

Json finding_json(const TraceFinding& f) {
  Json evidence = Json::array();
  for (const EvidenceRow& row : f.evidence)
    evidence.push_back({{"probe", row.probe},
                        {"ttl", row.ttl},
                        {"says", name_of(row.state.evidence)},
                        {"verdict", row.state.verdict},
                        {"before", row.state.before},
                        {"after", row.state.after},
                        {"inferred", row.state.inferred}});
  const Json hi = f.interval.hi == kDestination ? Json("destination") : Json(f.interval.hi);
  return {{"id", f.id},
          {"field", f.field},
          {"segment", f.segment},
          {"direction", name_of(f.direction)},
          {"verdict", f.verdict},
          {"interval", {{"lo", f.interval.lo}, {"hi", hi}, {"wide_because", f.interval.wide_because}}},
          {"before", f.before},
          {"after", f.after},
          {"inferred", f.inferred},
          {"candidates", f.candidates},
          {"probes", f.probes},
          {"agree", f.agree},
          {"asked", f.asked},
          {"evidence", std::move(evidence)},
          {"sentence", f.sentence},
          {"means", f.means}};
}

Json probe_json(const ProbeRun& run) {
  Json quotes = Json::array(), replies = Json::array();
  for (const HopQuote& q : run.quotes)
    quotes.push_back({{"ttl", q.ttl},
                      {"from", to_text(q.from)},
                      {"type", q.type},
                      {"code", q.code},
                      {"reply_ttl", q.reply_ttl},
                      {"rtt_us", microseconds(q.rtt)},
                      {"hex", hex_of(q.quote)},
                      {"extensions", hex_of(q.extensions)}});
  for (const ProbeReply& r : run.replies)
    replies.push_back({{"ttl", r.ttl}, {"rtt_us", microseconds(r.rtt)}, {"hex", hex_of(r.packet)}});
  return {{"name", run.name},
          {"spec", run.spec.text},
          {"sent", hex_of(first_sent(run))},
          {"tries", run.tries},
          {"rate_limited", run.limited},
          {"copies_only", run.copies_only},
          {"quotes", std::move(quotes)},
          {"replies", std::move(replies)}};
}

}  // namespace

Json trace_json(const Observation& o, const Observation& back, const TraceReport& r, const TraceHeading& heading,
                int exit_code) {
  Json hops = Json::array(), findings = Json::array(), notes = Json::array(), runs = Json::array();
  Json back_hops = Json::array(), back_runs = Json::array();
  for (const HopLine& h : r.hops) hops.push_back(hop_json(h));
  for (const HopLine& h : r.back_hops) back_hops.push_back(hop_json(h));
  for (const TraceFinding& f : r.findings) findings.push_back(finding_json(f));
  for (const TraceNote& n : r.notes) notes.push_back({{"id", n.id}, {"text", n.text}});
  for (const ProbeRun& run : o.runs) runs.push_back(probe_json(run));
  for (const ProbeRun& run : back.runs) back_runs.push_back(probe_json(run));
  return {{"schema", kTraceSchema},
          {"host", heading.host},
          {"destination", to_text(o.destination)},
          {"source", to_text(o.source)},
          {"port", heading.port},
          {"reach", name_of(r.reach)},
          {"distance", r.distance},
          {"established", heading.established},
          {"coverage", r.coverage},
          {"inconclusive", r.inconclusive},
          {"took_us", microseconds(heading.took)},
          {"followed", heading.followed},
          {"hops", std::move(hops)},
          {"findings", std::move(findings)},
          {"notes", std::move(notes)},
          {"probes", std::move(runs)},
          {"back_hops", std::move(back_hops)},
          {"back_probes", std::move(back_runs)},
          {"exit", exit_code}};
}

Json probe_list_json() {
  Json all = Json::array();
  for (const NamedProbe& p : probes())
    all.push_back({{"name", p.name},
                   {"spec", p.spec},
                   {"established", p.phase == ProbePhase::established},
                   {"battery", p.battery},
                   {"reveals", p.reveals}});
  return all;
}

}  // namespace gauntlet
