// The forward path: every field of every probe is followed from hop to hop.
#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "probe/answers.hh"
#include "probe/hop_reading.hh"
#include "probe/locate.hh"
#include "probe/transitions.hh"
#include "wire/layout.hh"

namespace gauntlet {
namespace {

// Sent with another value for every TTL, or told by what is quoted of it.
const std::set<std::string>& volatile_fields() {
  static const std::set<std::string> all{"ip.id",     "tcp.window",       "tcp.timestamps",    "icmp.seq",
                                         "ip.length", "tcp.segmentation", "tcp.options.order", "tcp.tail"};
  return all;
}

// Options are named with the segment that carried them; addresses, numbers and the IP header are the flow's.
bool belongs_to_segment(const std::string& field) {
  return field.starts_with("mptcp.") || field.starts_with("tcp.option") || field == "tcp.mss" ||
         field == "tcp.wscale" || field == "tcp.sack_permitted" || field == "tcp.sack" || field == "tcp.timestamps" ||
         field == "tcp.flags" || field == "payload" || field == "tcp.tail";
}

// What a hop says about a field that its comparison does not hold: fields that appear only when something was added.
FieldState absent(const Comparison& c, const std::string& field) {
  FieldState s;
  const auto order = c.fields.find("tcp.options.order");
  const bool whole_block = order != c.fields.end() && order->second.evidence != Evidence::not_covered;
  // With something changed in plain sight the sum fits, and says nothing about what another hop does not quote.
  const bool untouched = std::none_of(c.fields.begin(), c.fields.end(), [](const auto& f) {
    return f.second.evidence == Evidence::changed && belongs_to_segment(f.first);
  });
  if (field == "ip.extension_headers" || (field == "tcp.tail" && c.checksum_updated && untouched) ||
      ((field.starts_with("tcp.") || field.starts_with("mptcp.")) && field != "tcp.tail" &&
       field != "tcp.segmentation" && whole_block))
    s.evidence = Evidence::equal;
  return s;
}

std::vector<HopState> states_of(const std::vector<Hop>& hops, const std::string& field) {
  std::vector<HopState> out;
  for (const Hop& hop : hops) {
    HopState h;
    h.ttl = hop.ttl;
    if (!hop.seen) {
      h.state.evidence = hop.silence;
    } else {
      const auto it = hop.seen->fields.find(field);
      h.state = it == hop.seen->fields.end() ? absent(*hop.seen, field) : it->second;
      h.checksum_updated = hop.seen->checksum_updated;
      h.sum_change = hop.seen->sum_change;
      const auto length = hop.seen->fields.find("ip.length");
      h.same_length = length != hop.seen->fields.end() && length->second.evidence == Evidence::equal;
    }
    out.push_back(std::move(h));
  }
  return out;
}

std::vector<EvidenceRow> rows_of(const ProbeRun& run, const std::vector<HopState>& states, const HopInterval& i) {
  std::vector<EvidenceRow> rows;
  for (const HopState& s : states)
    if (s.ttl >= i.lo && s.ttl <= i.hi) rows.push_back({run.name, s.ttl, s.state});
  return rows;
}

class RunLocator {
 public:
  RunLocator(const Observation& o, const ProbeRun& run, TraceReport& report)
      : run_(run), report_(report), hops_(hops_of(o, run, report)) {}

  // A hypothesis from the checksum holds until another quote shows the same change of the sum beside the field as it
  // was sent, or (of what a box does to every SYN) another SYN at this hop without it.
  void refute(const std::vector<RunLocator>& all) {
    for (Hop& hop : hops_) {
      if (!hop.seen || !hop.seen->sum_change || hop.seen->length_delta != 0) continue;
      std::vector<std::string> wrong;
      for (const auto& [field, state] : hop.seen->fields)
        if (state.evidence == Evidence::changed && state.inferred && field != "tcp.tail" &&
            (shown_equal(field, *hop.seen->sum_change) || differs_elsewhere(all, hop.ttl, field, state)))
          wrong.push_back(field);
      for (const std::string& field : wrong) hop.seen->fields[field] = {};
      const auto still = [](const auto& f) { return f.second.evidence == Evidence::changed && f.second.inferred; };
      if (wrong.empty() || std::any_of(hop.seen->fields.begin(), hop.seen->fields.end(), still)) continue;
      hop.seen->checksum_updated = false;
      hop.seen->fields["tcp.tail"] = {.evidence = Evidence::changed,
                                      .verdict = "modified",
                                      .before = "as sent",
                                      .after = "cause unknown",
                                      .inferred = true};
    }
  }

  // How far the sequence number is off at the last hop that quotes it, and whether the mapping beside it is as sent.
  struct Shifted {
    const ProbeRun* run = nullptr;
    uint32_t seq = 0, by = 0;
    bool mapping_as_sent = false;
    HopInterval interval{};
  };
  std::optional<Shifted> shifted() const {
    std::optional<Shifted> out;
    for (const Hop& h : hops_) {
      if (!h.seen) continue;
      const auto seq = h.seen->fields.find("tcp.seq"), dss = h.seen->fields.find("mptcp.dss");
      if (seq == h.seen->fields.end() || seq->second.before.empty()) continue;
      const auto number = [](const std::string& s) { return static_cast<uint32_t>(std::stoul(s)); };
      const bool as_sent = dss != h.seen->fields.end() && dss->second.evidence == Evidence::equal && !dss->second.weak;
      out = Shifted{&run_,
                    number(seq->second.before),
                    number(seq->second.after) - number(seq->second.before),
                    as_sent && dss->second.before.find("ssn") != std::string::npos,
                    {}};
    }
    for (const TraceFinding& f : report_.findings)
      if (out && f.field == "tcp.seq" && std::find(f.probes.begin(), f.probes.end(), run_.name) != f.probes.end())
        out->interval = f.interval;
    return out;
  }

  void run() {
    std::set<std::string> fields;
    for (const Hop& h : hops_)
      if (h.seen)
        for (const auto& [field, state] : h.seen->fields) fields.insert(field);
    for (const std::string& field : fields) one_field(field);
    ambiguous();
    settle_tail();
    for (TraceFinding& f : found_) add_finding(report_, std::move(f));
  }

 private:
  bool shown_equal(const std::string& field, uint16_t sum_change) const {
    return std::any_of(hops_.begin(), hops_.end(), [&](const Hop& h) {
      if (!h.seen || h.seen->sum_change != sum_change || h.seen->length_delta != 0) return false;
      const auto it = h.seen->fields.find(field);
      return it != h.seen->fields.end() && it->second.evidence == Evidence::equal && !it->second.weak;
    });
  }
  bool differs_elsewhere(const std::vector<RunLocator>& all, uint8_t ttl, const std::string& field,
                         const FieldState& state) const {
    if (!is_syn(run_) || field.starts_with("mptcp.")) return false;
    return std::any_of(all.begin(), all.end(), [&](const RunLocator& other) {
      if (&other == this || !is_syn(other.run_)) return false;
      const auto hop = std::find_if(other.hops_.begin(), other.hops_.end(), [&](const Hop& h) { return h.ttl == ttl; });
      if (hop == other.hops_.end() || !hop->seen || !hop->seen->sum_change) return false;
      const auto it = hop->seen->fields.find(field);
      if (it == hop->seen->fields.end()) return false;  // it has no such option
      if (it->second.evidence == Evidence::not_covered) return hop->seen->fields.contains("tcp.tail");
      return it->second.evidence == Evidence::equal || it->second.after != state.after;
    });
  }
  TraceFinding finding(const std::string& field, const HopInterval& interval, const std::string& verdict) const {
    TraceFinding f =
        make_finding(field, belongs_to_segment(field) ? run_.spec.segment_name() : "", PathDirection::forward, verdict);
    f.interval = interval;
    f.probes = {run_.name};
    return f;
  }

  void one_field(const std::string& field) {
    const auto states = states_of(hops_, field);
    const FieldPath path = follow(states, volatile_fields().contains(field) || run_.spec.fresh);
    for (const uint8_t ttl : path.artefacts)
      report_.notes.push_back(
          {"quote.contradicts-neighbours",
           fmt::format("hop {} quotes another {} than the hops around it: its quote, not the path", ttl, field)});
    for (const Transition& t : path.transitions) {
      if (t.back) {
        if (std::find(report_.inconsistent.begin(), report_.inconsistent.end(), run_.name) ==
            report_.inconsistent.end())
          report_.inconsistent.push_back(run_.name);
        report_.notes.push_back(
            {"path.inconsistent",
             fmt::format("{}: {} is changed and at hop {} as it was again: two paths, or a later box undoes it",
                         run_.name, field, t.interval.hi)});
        continue;
      }
      HopInterval interval = t.interval;
      // A box that translates a packet translates the quotes of it back: only what arrived tells, and not where.
      if (translated(field) && arrived_at(interval.hi) && t.from.evidence == Evidence::equal && interval.lo > 0) {
        interval.lo = 0;
        interval.wide_because = {kTranslatedBack};
      }
      TraceFinding f = finding(field, interval, t.to.verdict);
      f.before = t.from.evidence == Evidence::changed ? t.from.after : t.to.before;
      f.after = t.to.after;
      f.inferred = t.to.inferred;
      f.evidence = rows_of(run_, states, t.interval);
      found_.push_back(std::move(f));
    }
  }

  static bool translated(const std::string& field) {
    return field == "ip.src" || field == "ip.dst" || field == "tcp.sport" || field == "tcp.dport" ||
           field == "udp.sport" || field == "udp.dport" || field == "tcp.seq" || field == "tcp.ack";
  }
  bool arrived_at(uint8_t ttl) const {
    return std::any_of(run_.quotes.begin(), run_.quotes.end(),
                       [&](const HopQuote& q) { return q.type == kArrival && q.ttl == ttl; });
  }

  // Edits that several fields explain equally well, at every hop that shows them.
  void ambiguous() {
    uint8_t hi = 0;
    for (const Hop& h : hops_) {
      if (!h.seen || hi != 0) continue;
      const auto& all = h.seen->fields;
      const auto open = [](const auto& f) { return f.second.ambiguous; };
      const bool known =
          std::any_of(all.begin(), all.end(), [&](const auto& f) { return open(f) && settled(f.first); });
      if (!known && std::any_of(all.begin(), all.end(), open)) hi = h.ttl;
    }
    if (hi == 0) return;
    HopInterval interval{0, hi, {}};
    TraceFinding f = finding("tcp.options", interval, "modified");
    f.segment = run_.spec.segment_name();
    for (const auto& [field, state] : hops_[hi - 1u].seen->fields) {
      if (!state.ambiguous) continue;
      f.candidates.push_back(fmt::format("{}: {}", field, state.verdict));
      f.before = state.before;
      f.after = state.after;
      for (const Hop& h : hops_) {
        if (h.ttl >= hi || !h.seen) continue;
        const auto it = h.seen->fields.find(field);
        if (it != h.seen->fields.end() && it->second.evidence == Evidence::equal)
          f.interval.lo = std::max(f.interval.lo, h.ttl);
      }
      for (const HopState& s : states_of(hops_, "ip.length"))
        if (s.ttl < hi && s.state.evidence == Evidence::equal && hops_[hi - 1u].seen->length_delta != 0)
          f.interval.lo = std::max(f.interval.lo, s.ttl);
      f.evidence.push_back({run_.name, hi, state});
    }
    for (uint8_t ttl = static_cast<uint8_t>(f.interval.lo + 1); ttl < hi; ++ttl) {
      const Hop& h = hops_[ttl - 1u];
      f.interval.wide_because.push_back(
          fmt::format("hop {}: {}", ttl, name_of(h.seen ? Evidence::not_covered : h.silence)));
    }
    f.inferred = true;
    f.id = fmt::format("tcp.options.{}.forward: modified", f.segment);
    found_.push_back(std::move(f));
  }
  bool settled(const std::string& field) const {
    return std::any_of(found_.begin(), found_.end(), [&](const TraceFinding& f) { return f.field == field; }) ||
           std::any_of(hops_.begin(), hops_.end(), [&](const Hop& h) {
             if (!h.seen) return false;
             const auto it = h.seen->fields.find(field);
             return it != h.seen->fields.end() && it->second.evidence == Evidence::changed && !it->second.ambiguous;
           });
  }

  // "Something behind the quoted bytes changed", and another hop says what: one edit, seen best where it is seen first.
  void settle_tail() {
    const auto tail =
        std::find_if(found_.begin(), found_.end(), [](const TraceFinding& f) { return f.field == "tcp.tail"; });
    if (tail == found_.end()) return;
    std::vector<TraceFinding*> overlapping;
    for (TraceFinding& f : found_)
      if (&f != &*tail && belongs_to_segment(f.field) && f.interval.lo < tail->interval.hi &&
          tail->interval.lo < f.interval.hi)
        overlapping.push_back(&f);
    if (overlapping.empty()) return;
    if (overlapping.size() == 1) {
      HopInterval& i = overlapping[0]->interval;
      const HopInterval t = tail->interval;
      i.lo = std::max(i.lo, t.lo);
      i.hi = std::min(i.hi, t.hi);
      std::erase_if(i.wide_because, [&](const std::string& r) {
        const int hop = std::atoi(r.c_str() + 4);
        return hop <= i.lo || hop >= i.hi;
      });
    }
    found_.erase(tail);
  }

  const ProbeRun& run_;
  TraceReport& report_;
  std::vector<Hop> hops_;
  std::vector<TraceFinding> found_;
};

// The shift of the sequence number, flow by flow: the same for all, or drawn anew for each (RFC 6528's idea, done by a
// box).
void name_shifts(const Observation& o, TraceReport& report) {
  std::vector<size_t> shifts;
  for (size_t i = 0; i < report.findings.size(); ++i)
    if (report.findings[i].id == "tcp.seq.forward: shifted") shifts.push_back(i);
  for (const size_t i : shifts) {
    TraceFinding& f = report.findings[i];
    std::set<uint32_t> deltas;
    std::set<uint16_t> flows;  // by source port
    for (const EvidenceRow& row : f.evidence) {
      if (row.state.evidence != Evidence::changed) continue;
      deltas.insert(static_cast<uint32_t>(std::stoul(row.state.after)) -
                    static_cast<uint32_t>(std::stoul(row.state.before)));
      for (const ProbeRun& run : o.runs)
        if (run.name == row.probe) flows.insert(run.flow.source_port);
    }
    if (flows.size() < 2) continue;
    f.verdict = deltas.size() == 1 ? "shifted-constant" : "isn-randomised";
    f.id = fmt::format("tcp.seq.forward: {}", f.verdict);
  }
}

// RFC 8684 3.3.1: a mapping counts from the subflow's first sequence number. Who moves that moves all of them alike;
// who begins to move them later, because the stream got longer or shorter, must move the mappings, too.
void untranslated_mappings(const std::vector<RunLocator::Shifted>& all, TraceReport& report) {
  for (const auto& s : all) {
    if (!s.mapping_as_sent || s.interval.hi == 0) continue;
    const RunLocator::Shifted* first = &s;  // of its connection
    for (const auto& other : all)
      if (other.run->flow.source_port == s.run->flow.source_port && static_cast<int32_t>(other.seq - first->seq) < 0)
        first = &other;
    if (first->by == s.by) continue;
    TraceFinding f = make_finding("mptcp.dss", s.run->spec.segment_name(), PathDirection::forward, "untranslated");
    f.interval = s.interval;
    f.before = fmt::format("sequence numbers shifted by {}", static_cast<int32_t>(s.by));
    f.after = "the mapping beside them as it was sent";
    f.probes = {s.run->name};
    add_finding(report, std::move(f));
  }
}

// First pieces everywhere and never a second one: nobody splits, somebody cuts off.
void name_pieces(TraceReport& report) {
  const auto it = std::find_if(report.findings.begin(), report.findings.end(),
                               [](const TraceFinding& f) { return f.id == "tcp.segmentation.forward: split"; });
  if (it == report.findings.end()) return;
  size_t first = 0, whole = 0;
  for (const EvidenceRow& row : it->evidence)
    if (row.state.evidence == Evidence::changed) ++(row.state.after == kFirstPiece ? first : whole);
  if (whole > 0 || first == 0) return;
  const bool certain = first >= 2 && !it->inferred;
  const TraceFinding named = certain ? make_finding("payload", "data", it->direction, "shortened")
                                     : make_finding("ip.length", "", it->direction, "shrunk");
  TraceFinding f = *it;
  report.findings.erase(it);
  f.id = named.id;
  f.field = named.field;
  f.segment = named.segment;
  f.verdict = named.verdict;
  if (!certain) f.candidates = {"tcp.segmentation: split", "payload: shortened"};
  add_finding(report, std::move(f));
}

}  // namespace

void locate_fields(const Observation& o, TraceReport& report) {
  std::vector<RunLocator> all;
  all.reserve(o.runs.size());
  for (const ProbeRun& run : o.runs) all.emplace_back(o, run, report);
  for (RunLocator& locator : all) locator.refute(all);
  std::vector<RunLocator::Shifted> shifted;
  for (RunLocator& locator : all) {
    locator.run();
    if (const auto s = locator.shifted()) shifted.push_back(*s);
  }
  untranslated_mappings(shifted, report);
  for (TraceFinding& f : report.findings) {
    f.agree = static_cast<uint32_t>(f.probes.size());
    for (const ProbeRun& run : o.runs) {
      const bool same_segment = f.segment.empty() || run.spec.segment_name() == f.segment;
      f.asked += same_segment && run.spec.proto == kProtoTcp && last_hop_of(run) >= f.interval.hi ? 1 : 0;
    }
    f.asked = std::max(f.asked, f.agree);
  }
  name_shifts(o, report);
  name_pieces(report);
}

}  // namespace gauntlet
