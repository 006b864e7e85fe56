#include "probe/run_locator.hh"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "probe/answers.hh"
#include "probe/locate.hh"

namespace gauntlet {
namespace {

bool translated(const std::string& field) {
  return field == "ip.src" || field == "ip.dst" || field == "tcp.sport" || field == "tcp.dport" ||
         field == "udp.sport" || field == "udp.dport" || field == "tcp.seq" || field == "tcp.ack";
}

}  // namespace

void RunLocator::refute(const std::vector<RunLocator>& all) {
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

std::optional<RunLocator::Shifted> RunLocator::shifted() const {
  std::optional<Shifted> out;
  for (const Hop& h : hops_) {
    if (!h.seen) continue;
    const auto seq = h.seen->fields.find("tcp.seq"), dss = h.seen->fields.find("mptcp.dss");
    if (seq == h.seen->fields.end() || seq->second.before.empty()) continue;
    const auto number = [](const std::string& s) { return static_cast<uint32_t>(std::stoul(s)); };
    bool mapping_as_sent = out && out->mapping_as_sent;  // a quote that ends in front of it says nothing of it
    if (dss != h.seen->fields.end() && dss->second.evidence == Evidence::changed) mapping_as_sent = false;
    if (dss != h.seen->fields.end() && dss->second.evidence == Evidence::equal && !dss->second.weak)
      mapping_as_sent = dss->second.before.find("ssn") != std::string::npos;
    out = Shifted{
        &run_, number(seq->second.before), number(seq->second.after) - number(seq->second.before), mapping_as_sent, {}};
  }
  for (const TraceFinding& f : report_.findings)
    if (out && f.field == "tcp.seq" && std::find(f.probes.begin(), f.probes.end(), run_.name) != f.probes.end())
      out->interval = f.interval;
  return out;
}

void RunLocator::run() {
  std::set<std::string> fields;
  for (const Hop& h : hops_)
    if (h.seen)
      for (const auto& [field, state] : h.seen->fields) fields.insert(field);
  for (const std::string& field : fields) one_field(field);
  ambiguous();
  settle_tail();
  for (TraceFinding& f : found_) add_finding(report_, std::move(f));
}

bool RunLocator::shown_equal(const std::string& field, uint16_t sum_change) const {
  return std::any_of(hops_.begin(), hops_.end(), [&](const Hop& h) {
    if (!h.seen || h.seen->sum_change != sum_change || h.seen->length_delta != 0) return false;
    const auto it = h.seen->fields.find(field);
    return it != h.seen->fields.end() && it->second.evidence == Evidence::equal && !it->second.weak;
  });
}

bool RunLocator::differs_elsewhere(const std::vector<RunLocator>& all, uint8_t ttl, const std::string& field,
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

TraceFinding RunLocator::finding(const std::string& field, const HopInterval& interval,
                                 const std::string& verdict) const {
  TraceFinding f =
      make_finding(field, belongs_to_segment(field) ? run_.spec.segment_name() : "", PathDirection::forward, verdict);
  f.interval = interval;
  f.probes = {run_.name};
  return f;
}

void RunLocator::one_field(const std::string& field) {
  auto states = states_of(hops_, field);
  const FieldPath path = path_of(field, states);
  for (const uint8_t ttl : path.artefacts) {
    ++undone_[field];
    const auto at = std::find_if(states.begin(), states.end(), [&](const HopState& s) { return s.ttl == ttl; });
    if (at != states.end() && at->state.evidence == Evidence::changed) {
      const HopInterval place{static_cast<uint8_t>(ttl - 1), ttl, {}};
      TraceFinding f = finding(field, place, at->state.verdict);
      f.before = at->state.before;
      f.after = at->state.after;
      f.inferred = at->state.inferred;
      f.evidence = rows_of(run_, states, place);
      disbelieved_.push_back(std::move(f));
    }
    report_.notes.push_back(
        {"quote.contradicts-neighbours",
         fmt::format("hop {} quotes another {} than the hops around it: its quote, not the path", ttl, field)});
  }
  for (const Transition& t : path.transitions) {
    if (t.back) {
      ++undone_[field];
      if (std::find(report_.inconsistent.begin(), report_.inconsistent.end(), run_.name) == report_.inconsistent.end())
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

std::set<std::string> RunLocator::edited() const {
  std::set<std::string> out;
  for (const Hop& h : hops_)
    if (h.seen)
      for (const auto& [field, state] : h.seen->fields)
        if (state.evidence == Evidence::changed) out.insert(field);
  return out;
}

bool RunLocator::shows_all_pieces() const {
  return std::any_of(hops_.begin(), hops_.end(), [](const Hop& h) {
    if (!h.seen) return false;
    const auto pieces = h.seen->fields.find("tcp.segmentation");
    return pieces != h.seen->fields.end() && pieces->second.verdict == "split" && pieces->second.after != kFirstPiece;
  });
}

bool RunLocator::contradicts(const RunLocator& other, const std::string& field) const {
  const auto mine = states_of(hops_, field), others = states_of(other.hops_, field);
  const auto as_sent = [](const FieldState& s) { return s.evidence == Evidence::equal && !s.weak; };
  const auto edited = [](const FieldState& s) { return s.evidence == Evidence::changed && !s.ambiguous; };
  for (size_t i = 0; i < std::min(mine.size(), others.size()); ++i)
    if ((as_sent(mine[i].state) && edited(others[i].state)) || (edited(mine[i].state) && as_sent(others[i].state)))
      return true;
  return false;
}

FieldPath RunLocator::path_of(const std::string& field, std::vector<HopState>& states) const {
  const bool any_value = volatile_fields().contains(field) || run_.spec.fresh;
  FieldPath path = follow(states, any_value);
  if (translated(field) && !path.transitions.empty() && translate_back(states)) path = follow(states, any_value);
  return path;
}

// Who translates quotes back needs the eight bytes that RFC 792 wants quoted; a shorter quote it leaves as it is. Where
// only such quotes show a change, a longer one that shows none may have been translated back, and proves nothing.
bool RunLocator::translate_back(std::vector<HopState>& states) const {
  constexpr size_t kPromised = 8;
  const auto longer = [&](const HopState& s) { return hops_[s.ttl - 1u].shown >= kPromised; };
  bool any_short = false, any_long = false;
  for (const HopState& s : states)
    if (s.state.evidence == Evidence::changed && !arrived_at(s.ttl)) (longer(s) ? any_long : any_short) = true;
  if (!any_short || any_long) return false;
  for (HopState& s : states)
    if (s.state.evidence == Evidence::equal && longer(s)) s.state = {};
  return true;
}

bool RunLocator::arrived_at(uint8_t ttl) const {
  return std::any_of(run_.quotes.begin(), run_.quotes.end(),
                     [&](const HopQuote& q) { return q.type == kArrival && q.ttl == ttl; });
}

void RunLocator::ambiguous() {
  uint8_t hi = 0;
  for (const Hop& h : hops_) {
    if (!h.seen || hi != 0) continue;
    const auto& all = h.seen->fields;
    const auto open = [](const auto& f) { return f.second.ambiguous; };
    const bool known = std::any_of(all.begin(), all.end(), [&](const auto& f) { return open(f) && settled(f.first); });
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

bool RunLocator::settled(const std::string& field) const {
  return std::any_of(found_.begin(), found_.end(), [&](const TraceFinding& f) { return f.field == field; }) ||
         std::any_of(hops_.begin(), hops_.end(), [&](const Hop& h) {
           if (!h.seen) return false;
           const auto it = h.seen->fields.find(field);
           return it != h.seen->fields.end() && it->second.evidence == Evidence::changed && !it->second.ambiguous;
         });
}

void RunLocator::settle_tail() {
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

}  // namespace gauntlet
