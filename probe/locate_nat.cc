// Where a translator stands that translates quotes back, too, so that no quote shows it. What has no mapping gets as
// far as the translator and no further: packets from inside to the address it gives us outside, and packets from
// outside to a port it has not given to anybody (RFC 5508 4, RFC 4787 5, 6). Beside each goes one that passes.
#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <optional>

#include "probe/answers.hh"
#include "probe/locate.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

constexpr uint8_t kSureTries = 3;

const HopQuote* quote_at(const ProbeRun& run, uint8_t ttl) {
  const auto it = std::find_if(run.quotes.begin(), run.quotes.end(), [&](const HopQuote& q) { return q.ttl == ttl; });
  return it == run.quotes.end() ? nullptr : &*it;
}

// On its way home: translated on both sides, it is quoted as going from our outside address to itself.
bool comes_home(const HopQuote& q) {
  const Layout l = layout_of(q.quote);
  return l.version != 0 && std::ranges::equal(source_address(q.quote, l), destination_address(q.quote, l));
}

struct End {
  HopInterval interval;
  bool turned = false;  // it comes back: hops in front of it answer once more, the nearest to us last
};

// The last hop that answers what has no mapping, and the first behind it that answers only what has one. Nothing where
// the two do not go the same way.
std::optional<End> end_of_unmapped(const ProbeRun& mapped, const ProbeRun& unmapped) {
  End out{{0, kDestination, {}}};
  std::map<uint8_t, uint8_t> turned;  // TTL: hop; 0: not known which, routers answer from the side they are asked from
  for (const HopQuote& q : unmapped.quotes) {
    if (const HopQuote* other = quote_at(mapped, q.ttl); other != nullptr && other->from == q.from) {
      out.interval.lo = std::max(out.interval.lo, q.ttl);
      continue;
    }
    const auto hop = std::find_if(mapped.quotes.begin(), mapped.quotes.end(),
                                  [&](const HopQuote& m) { return m.from == q.from && m.ttl < q.ttl; });
    if (hop == mapped.quotes.end() && !comes_home(q)) return std::nullopt;
    turned[q.ttl] = hop == mapped.quotes.end() ? 0 : hop->ttl;
  }
  int before = kDestination;
  for (const auto& [ttl, hop] : turned) {  // else it goes back and forth between two routers
    if (ttl <= out.interval.lo || ttl > 2 * out.interval.lo || (hop != 0 && hop >= before)) return std::nullopt;
    before = hop != 0 ? hop : std::min<int>(before, 2 * out.interval.lo + 1 - ttl);
  }
  if (!turned.empty()) {
    const uint8_t last = out.interval.lo;
    if (last == 0) return std::nullopt;
    return End{{static_cast<uint8_t>(last - 1), static_cast<uint8_t>(last + 1), {}}, true};
  }
  if (unmapped.tries < kSureTries) return std::nullopt;
  for (const HopQuote& m : mapped.quotes) {
    const bool limited = std::find(unmapped.limited.begin(), unmapped.limited.end(), m.ttl) != unmapped.limited.end();
    if (m.ttl > out.interval.lo && !limited) out.interval.hi = std::min(out.interval.hi, m.ttl);
  }
  if (out.interval.hi == kDestination) return std::nullopt;  // it passes all the way, or nobody is behind to tell
  for (int ttl = out.interval.lo + 1; ttl < out.interval.hi; ++ttl)
    out.interval.wide_because.push_back(fmt::format("hop {}: silent", ttl));
  return out;
}

void set_place(TraceReport& report, PathDirection direction, const HopInterval& place, const std::string& probe) {
  for (TraceFinding& f : report.findings) {
    const bool translation = f.verdict == "nat" || f.verdict == "napt" || f.verdict == "dnat";
    const bool unplaced = !f.interval.wide_because.empty() && f.interval.wide_because.front() == kTranslatedBack;
    if (f.direction != direction || !translation || !unplaced) continue;
    f.interval = place;
    f.inferred = true;
    f.probes.push_back(probe);
  }
}

}  // namespace

void place_translation(const Observation& forth, const Observation& back, TraceReport& report) {
  // On its way out a packet is translated behind the check of its TTL; what is addressed to the translator itself may
  // be taken in front of it. On its way in it is the other way round: such a packet may be checked once more before it
  // is thrown away.
  constexpr const char* kWhichSide = "hop {}: on which side of its check is not known";
  if (forth.runs.size() == 2)
    if (auto end = end_of_unmapped(forth.runs[0], forth.runs[1])) {
      HopInterval& i = end->interval;
      i.wide_because.push_back(fmt::format(kWhichSide, end->turned ? i.lo + 1 : i.hi));
      if (!end->turned) ++i.hi;
      if (report.distance != 0 && i.hi >= report.distance) i.hi = kDestination;
      set_place(report, PathDirection::forward, i, forth.runs[1].name);
    }
  if (back.runs.size() == 2)
    if (auto end = end_of_unmapped(back.runs[0], back.runs[1]); end && !end->turned) {
      HopInterval& i = end->interval;
      if (i.lo > 0) {
        i.wide_because.insert(i.wide_because.begin(), fmt::format(kWhichSide, i.lo));
        --i.lo;
      }
      set_place(report, PathDirection::back, i, back.runs[1].name);
    }
}

namespace {

// What was added to the first number of a block: option_text() writes an unknown option as hexadecimal digits.
std::optional<uint32_t> sack_shift(const TraceFinding& f) {
  const auto left = [](const std::string& hex) -> std::optional<uint32_t> {
    if (hex.size() < 12 || !hex.starts_with("05")) return std::nullopt;
    return static_cast<uint32_t>(std::stoul(hex.substr(4, 8), nullptr, 16));
  };
  const auto a = left(f.before), b = left(f.after);
  if (!a || !b) return std::nullopt;
  return *b - *a;
}

}  // namespace

void place_renumbering(TraceReport& report) {
  const auto& all = report.findings;
  const auto ack = std::find_if(all.begin(), all.end(), [](const TraceFinding& f) {
    return f.id == "tcp.ack.return: shifted" && f.interval.lo == 0 && !f.interval.wide_because.empty();
  });
  const auto sack = std::find_if(all.begin(), all.end(), [](const TraceFinding& f) {
    return f.id == "tcp.sack.ack.return: changed" && !f.inferred;
  });
  if (ack == all.end() || sack == all.end()) return;
  const auto by = sack_shift(*sack);
  if (!by || *by != static_cast<uint32_t>(std::stoul(ack->after)) - static_cast<uint32_t>(std::stoul(ack->before)))
    return;
  TraceFinding placed = *ack;
  placed.interval = sack->interval;
  placed.evidence.insert(placed.evidence.end(), sack->evidence.begin(), sack->evidence.end());
  std::erase_if(report.findings, [&](const TraceFinding& f) { return f.id == placed.id || f.id == sack->id; });
  report.findings.push_back(std::move(placed));
}

namespace {

bool of_a_translator(const TraceFinding& f) {
  return f.field == "ip.src" || f.field == "ip.dst" || f.field == "tcp.sport" || f.field == "tcp.dport" ||
         f.field == "tcp.seq" || f.field == "tcp.ack";
}

bool unplaced(const TraceFinding& f) {
  return f.interval.lo == 0 && !f.interval.wide_because.empty() && f.interval.wide_because.front() == kTranslatedBack;
}

// Router r stands between hops r - 1 and r + 1, and a box in it on either side of its check: what one way shows at
// (lo, hi], the other shows at most one hop around the same routers, counted from the other end.
HopInterval mirrored(const HopInterval& i, uint8_t distance) {
  const int lo = distance - i.hi - 1, hi = distance - i.lo + 1;
  return {static_cast<uint8_t>(std::max(lo, 0)),
          static_cast<uint8_t>(hi >= distance ? kDestination : hi),
          {"where the other way is translated, too"}};
}

}  // namespace

void place_by_other_way(const Observation& o, TraceReport& report) {
  const bool as_long = std::any_of(o.runs.begin(), o.runs.end(), [&](const ProbeRun& r) {
    return is_syn(r) && answer_of(r).syn_ack && hops_back(answer_of(r).reply_ttl) == report.distance;
  });
  if (!as_long) return;
  const auto& all = report.findings;
  for (TraceFinding& f : report.findings) {
    if (!of_a_translator(f) || !unplaced(f)) continue;
    // Addresses go with addresses and ports, numbers with numbers.
    const bool numbers = f.field == "tcp.seq" || f.field == "tcp.ack";
    const auto other = std::find_if(all.begin(), all.end(), [&](const TraceFinding& g) {
      return g.direction != f.direction && g.direction != PathDirection::either && of_a_translator(g) && !unplaced(g) &&
             numbers == (g.field == "tcp.seq" || g.field == "tcp.ack") && g.interval.hi < report.distance;
    });
    if (other == all.end()) continue;
    f.interval = mirrored(other->interval, report.distance);
    f.inferred = true;
  }
}

}  // namespace gauntlet
