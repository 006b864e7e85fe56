#include "probe/trace.hh"

#include <algorithm>

#include "probe/catalogue.hh"
#include "probe/locate.hh"
#include "probe/trace_agent.hh"
#include "probe/ways.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

constexpr const char* kHttpRequest =
    "psh/ack/text=GET \\/ HTTP\\/1.1\\r\\nHost: example.net\\r\\nConnection: close\\r\\n\\r\\n";
constexpr uint16_t kHttps = 443;  // who speaks TLS does not answer a request in clear

const TraceFinding* proxied(const TraceReport& report) {
  const auto it = std::find_if(report.findings.begin(), report.findings.end(),
                               [](const TraceFinding& f) { return f.id == "tcp.connection.forward: proxied"; });
  return it == report.findings.end() ? nullptr : &*it;
}
bool asks_http(const TraceRequest& request) {
  const auto& named = request.probes;
  const bool wanted = named.empty() || std::find(named.begin(), named.end(), "http") != named.end();
  return wanted && !request.syn_only && request.port != kHttps;
}

bool needs_connection(const ProbeSpec& spec) { return spec.proto == 6 && (spec.flags & kSyn) == 0; }

}  // namespace

std::vector<WantedProbe> wanted_probes(const TraceRequest& request, bool established) {
  std::vector<WantedProbe> out;
  if (request.probes.empty()) {
    for (const NamedProbe& p : probes())
      if (p.battery && (p.phase == ProbePhase::established) == established && !(established && request.syn_only))
        out.push_back({p.name, parse_spec(p.spec)});
    return out;
  }
  for (const std::string& text : request.probes) {
    const NamedProbe* named = find_probe(text);
    WantedProbe w{text, parse_spec(named != nullptr ? named->spec : text)};
    if (needs_connection(w.spec) == established) out.push_back(std::move(w));
  }
  // Probes inside a connection need to know how far the destination is.
  if (!established && out.empty()) out.push_back({"mpcapable", parse_spec(find_probe("mpcapable")->spec)});
  return out;
}

// What was not heard is no proof that nothing is there.
void tell_of_agent(const TraceRequest& request, TraceResult& result) {
  TraceReport& report = result.report;
  const auto told = [](const ProbeRun& run) {
    return std::any_of(run.quotes.begin(), run.quotes.end(), [](const HopQuote& q) { return q.type == kArrival; });
  };
  const auto& runs = result.seen.runs;
  const bool answered = std::any_of(runs.begin(), runs.end(), [](const ProbeRun& r) { return !r.replies.empty(); });
  const bool gone = request.agent->gone();
  if (gone || (answered && std::none_of(runs.begin(), runs.end(), told))) {
    report.notes.push_back({"agent.gone", gone ? "the line to the agent ended before the trace was over: what arrived "
                                                 "there and the way back are told only as far as it went"
                                               : "SYNs were answered and the agent told of none: it fell silent, or "
                                                 "somebody in front of it answers and lets nothing through"});
    report.inconclusive = report.findings.empty();
  } else if (report.distance > 1 && result.back.runs.empty()) {
    report.notes.push_back(
        {"way-back.none", "no SYN was answered, so there is no connection whose way back could be asked"});
  }
}

TraceResult trace(ProbeTransport& transport, const TraceRequest& request) {
  TraceResult result;
  const auto first = wanted_probes(request, false), established = wanted_probes(request, true);
  const Time begin = transport.now();
  Collector collector(transport, request.source, request.destination, request.port, request.limits);
  collector.first(first);
  if (!established.empty()) result.established = collector.established(established);
  if (request.agent != nullptr) take_arrivals(*request.agent, collector);
  result.report = locate_quotes(collector.seen());
  if (const TraceFinding* proxy = proxied(result.report); proxy != nullptr && asks_http(request)) {
    collector.ask({"portal", parse_spec(kHttpRequest)}, proxy->interval.hi);  // no further than it is answered
    result.report = locate_quotes(collector.seen());
  }
  bool asked_again = false;
  if (!result.report.inconsistent.empty()) {
    collector.again(result.report.inconsistent);
    asked_again = true;
  }
  for (auto names = worth_another_flow(collector.seen()); !names.empty();
       names = worth_another_flow(collector.seen())) {
    collector.again(names);
    asked_again = true;
  }
  if (asked_again) {
    collector.end_of_again();
    if (request.agent != nullptr) take_arrivals(*request.agent, collector);
    result.report = locate_quotes(collector.seen());
  }
  if (request.agent != nullptr && result.report.distance > 1 && !request.agent->gone()) {
    const auto hops = static_cast<uint8_t>(result.report.distance - 1);
    result.back = probe_way_back(request, transport, collector.seen(), hops, collector.slowest());
    add_way_back(result.back, result.report);
    place_renumbering(result.report);
    const MappingProbes mapping =
        probe_mapping(request, transport, collector.seen(), result.back, hops, collector.slowest());
    place_translation(mapping.forth, mapping.back, result.report);
    place_by_other_way(collector.seen(), result.report);
  }
  result.took = transport.now() - begin;
  result.seen = collector.seen();
  if (request.agent != nullptr) tell_of_agent(request, result);
  explain(result.seen, result.report);
  return result;
}

}  // namespace gauntlet
