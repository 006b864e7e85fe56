#include "virtual/boxed/owed.hh"

#include <algorithm>
#include <optional>

#include "probe/compare.hh"
#include "wire/layout.hh"
#include "wire/options.hh"

namespace gauntlet {
namespace {

constexpr size_t kNever = SIZE_MAX;
constexpr size_t kChecksumEnd = 18, kHeader = 20;

// "mptcp.dss.data.forward: changed" as its parts; nothing for the way back.
struct Name {
  std::string field, segment, verdict;
};
std::optional<Name> name_of(const std::string& id) {
  const size_t at = id.find(".forward: ");
  if (at == std::string::npos) return std::nullopt;
  Name n{id.substr(0, at), "", id.substr(at + 10)};
  for (const char* segment : {"syn", "data", "ack", "ack3"})
    if (n.field != "tcp.ack" && n.field.ends_with(std::string(".") + segment)) n.segment = segment;
  if (!n.segment.empty()) n.field.resize(n.field.size() - n.segment.size() - 1);
  return n;
}

// Bytes of the upper layer up to the end of this field, where it stands in every packet (RFC 9293 3.1, RFC 768).
std::optional<size_t> end_of_field(const std::string& field) {
  if (field.starts_with("ip.")) return 0;
  if (field == "tcp.sport" || field == "tcp.dport" || field == "udp.sport" || field == "tcp.seq") return 8;
  if (field == "tcp.ack") return 12;
  if (field == "tcp.flags") return 14;
  if (field == "tcp.window" || field == "tcp.segment") return 16;  // its low bits tell copies apart, by TTL
  if (field == "tcp.urgent") return kHeader;
  return std::nullopt;
}

bool same_length(const std::string& verdict) {
  return verdict == "stripped-nop" || verdict == "stripped-eol" || verdict == "hidden-by-eol" ||
         verdict == "kind-replaced" || verdict == "changed" || verdict == "clamped";
}
// Told by an option that is as it was sent, beside a number that is not.
bool left_as_sent(const std::string& verdict) { return verdict == "untranslated"; }
bool other_length(const std::string& verdict) {
  return verdict == "stripped-cut" || verdict == "added" || verdict == "duplicated";
}

// From there on the TCP checksum tells that something of the same length was edited. NOP or EOL leave no choice of
// values; a sum that any others explain is believed beside a whole header only, since who translates a shorter quote
// back may leave its sum as it is.
size_t end_of_sum(const std::string& verdict) {
  return verdict == "stripped-nop" || verdict == "stripped-eol" ? kChecksumEnd : kHeader;
}

// Up to the end of this option in this packet; where options were moved, up to the end of all of them.
size_t end_of_option(const Name& n, ConstBytes packet) {
  const Layout l = layout_of(packet);
  if (!l.tcp) return 0;
  const ConstBytes block = packet.subspan(l.options, l.options_size);
  const size_t all = kHeader + block.size();
  if (n.verdict == "added") return all + 4;
  for (const Option& o : options_of(block)) {
    if (o.malformed || feature_of(block.subspan(o.offset, o.size)) != n.field) continue;
    if (n.verdict == "duplicated") return all + (o.size + 3u) / 4 * 4;
    return same_length(n.verdict) || left_as_sent(n.verdict) ? kHeader + o.offset + o.size : all;
  }
  return n.verdict == "reordered" ? all : 0;
}

// How much must be quoted to show it, in whichever of the packets that carry it; kNever: this is not read from quotes.
size_t needed(const Name& n, const TraceResult& r) {
  if (const auto end = end_of_field(n.field)) return n.field == "ip.length" ? kNever : *end;
  const bool in_options = same_length(n.verdict) || other_length(n.verdict) || left_as_sent(n.verdict);
  if (!in_options && n.verdict != "reordered") return kNever;
  size_t most = 0;
  for (const ProbeRun& run : r.seen.runs)
    if (run.spec.segment_name() == n.segment && !run.sent.empty())
      most = std::max(most, end_of_option(n, run.sent.front()));
  return most == 0 ? kNever : most;
}

// Bytes that this router certainly shows. Zeros behind them may be filling (RFC 4884 4.1); the first option is none.
size_t shown(const RouterConduct& c) {
  if (c.quote < 0) return kNever - 1;
  const auto quote = static_cast<size_t>(c.quote);
  return c.filling == Filling::none ? quote : quote >= kHeader + 4 ? kHeader : 0;
}

// The best quote of those behind the box that its packets reach; nothing where nobody there answers everything.
std::optional<size_t> best_quote(const BoxTrial& t, bool ends_there) {
  const BoxPlace& box = t.route.boxes.front();
  std::optional<size_t> best;
  const int first = box.post ? box.router + 1 : box.router;
  for (int hop = first; hop <= (ends_there ? first : t.route.routers); ++hop) {
    const auto at = static_cast<size_t>(hop) - 1;
    const RouterConduct c = at < t.route.conduct.size() ? t.route.conduct[at] : RouterConduct{};
    if (!c.silent && c.burst == 0) best = std::max(best.value_or(0), shown(c));
  }
  return best;
}

}  // namespace

Owed owed(const BoxTrial& t, const TraceResult& r) {
  Owed out;
  for (const WantedFinding& w : t.row->one) {
    const auto n = name_of(w.id);
    if (!n || !w.placed) continue;
    const auto quote = best_quote(t, n->verdict == "lowered");  // no TTL is left for a second router
    if (!quote) continue;
    if (needed(*n, r) <= *quote) out.named.push_back(w.id);
    if ((other_length(n->verdict) && n->field != "tcp.segment") ||
        (same_length(n->verdict) && *quote >= end_of_sum(n->verdict)))
      out.any = true;
  }
  return out;
}

}  // namespace gauntlet
