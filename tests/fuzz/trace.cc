// Quotes from anybody, matched to probes, compared and located: whatever is quoted, what is said of it hangs together.
// Input: one byte how the quote is made, one which probe, one which TTL; then bytes that are the quote, or are laid
// over the packet that was sent.
#include <algorithm>

#include "probe/catalogue.hh"
#include "probe/compare.hh"
#include "probe/locate.hh"
#include "probe/match.hh"
#include "require.hh"

using namespace gauntlet;

namespace {

Observation sent_probes(bool v6) {
  Observation o;
  o.source = *parse_ip_address(v6 ? "2001:db8::1" : "192.0.2.1");
  o.destination = *parse_ip_address(v6 ? "2001:db8::9" : "192.0.2.9");
  o.port = 80;
  uint32_t n = 0;
  for (const NamedProbe& p : probes()) {
    ++n;
    ProbeRun run;
    run.name = p.name;
    run.spec = parse_spec(p.spec);
    run.copies_only = p.phase == ProbePhase::established;
    run.tries = 3;
    run.flow.source = o.source;
    run.flow.destination = o.destination;
    run.flow.source_port = static_cast<uint16_t>(run.copies_only ? 40000 : 40000 + n);
    run.flow.destination_port = 80;
    run.flow.seq = 0x01020304u * n;
    run.flow.ack = 1000;
    run.flow.id_base = static_cast<uint16_t>(2000 * n);
    run.flow.flow_label = 0x12345;
    for (int ttl = 1; ttl <= 6; ++ttl) run.sent.push_back(craft(run.spec, run.flow, static_cast<uint8_t>(ttl)));
    o.runs.push_back(std::move(run));
  }
  return o;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Observation kSent[2] = {sent_probes(false), sent_probes(true)};
  if (size < 3) return 0;
  Observation o = kSent[data[0] & 1];
  for (size_t at = 0; at + 3 <= size;) {  // several quotes: each says how long it is
    const uint8_t how = data[at];
    const size_t run = data[at + 1] % o.runs.size(), ttl = 1 + data[at + 2] % 6;
    at += 3;
    const size_t n = std::min<size_t>(size - at, how >> 1);
    HopQuote q;
    q.from = *parse_ip_address(data[0] & 1 ? "2001:db8::7" : "192.0.2.7");
    q.reply_ttl = 60;
    const auto& sent = o.runs[run].sent[ttl - 1];
    if (how & 0x40) {
      q.quote.assign(data + at, data + at + n);
    } else {  // what was sent, with these bytes added to it, and cut there
      q.quote = sent;
      for (size_t i = 0; i < std::min(n, q.quote.size()); ++i) q.quote[i] ^= data[at + i];
      if (how & 0x80) q.quote.resize(std::min(n, q.quote.size()));
    }
    if (how & 0x20) q.filled = true, q.extensions = {0x20, 0, 0, 0};
    at += n;
    const Comparison c = compare(sent, q.quote);
    REQUIRE(c.quoted <= q.quote.size());
    for (const auto& [field, state] : c.fields) {
      REQUIRE(!field.empty());
      REQUIRE(state.evidence != Evidence::changed || !state.verdict.empty());
    }
    REQUIRE(certain_size(sent, q.quote) <= q.quote.size());
    if (const auto m = match_quote(o.runs, q)) {
      REQUIRE(m->run < o.runs.size());
      REQUIRE(m->ttl <= o.runs[m->run].sent.size());
    }
    (void)match_reply(o.runs, q.quote);
    q.ttl = static_cast<uint8_t>(ttl);
    o.runs[run].quotes.push_back(std::move(q));
  }
  const TraceReport r = locate(o);
  for (const TraceFinding& f : r.findings) {
    REQUIRE(f.interval.lo < f.interval.hi);
    REQUIRE(f.id == make_finding(f.field, f.segment, f.direction, f.verdict).id);
    REQUIRE(!f.sentence.empty() && !f.means.empty());
    REQUIRE(f.agree <= f.asked);
  }
  return 0;
}
