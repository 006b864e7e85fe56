#include "probe/hop_reading.hh"

#include <fmt/core.h>

#include <algorithm>

#include "probe/locate.hh"
#include "wire/layout.hh"

namespace gauntlet {
namespace {

// Split: several quotes for one TTL whose payloads tile what was sent. Returned in sequence order.
std::vector<const HopQuote*> pieces_of(const ProbeRun& run, uint8_t ttl) {
  std::vector<const HopQuote*> all;
  for (const HopQuote& q : run.quotes)
    if (q.ttl == ttl) all.push_back(&q);
  const auto& sent = run.sent[ttl - 1u];
  const Layout s = layout_of(sent);
  if (all.size() < 2 || !s.tcp || s.payload_size == 0) return {};
  struct Piece {
    uint32_t seq, size;
    const HopQuote* quote;
  };
  std::vector<Piece> pieces;
  for (const HopQuote* q : all) {
    const Layout l = layout_of(q->quote);
    if (l.version == 0 || l.proto != kProtoTcp || q->quote.size() < l.l4 + 13u) return {};
    const uint32_t header = (q->quote[l.l4 + 12u] >> 4) * 4u;
    if (l.ip_total < l.l4 + header) return {};
    const Piece p{load32(&q->quote[l.l4 + 4u]), l.ip_total - l.l4 - header, q};
    if (std::none_of(pieces.begin(), pieces.end(), [&](const Piece& o) { return o.seq == p.seq; })) pieces.push_back(p);
  }
  std::sort(pieces.begin(), pieces.end(),
            [](const Piece& a, const Piece& b) { return static_cast<int32_t>(a.seq - b.seq) < 0; });
  uint32_t size = 0;
  for (size_t i = 0; i < pieces.size(); ++i) {
    if (i > 0 && pieces[i].seq != pieces[i - 1].seq + pieces[i - 1].size) return {};
    size += pieces[i].size;
  }
  std::vector<const HopQuote*> out;
  if (pieces.size() >= 2 && size == s.payload_size)
    for (const Piece& p : pieces) out.push_back(p.quote);
  return out;
}

// What follows our payload is the beginning of the next probe's in the stream.
bool is_coalesced(const Comparison& c, const Observation& o, const ProbeRun& run, ConstBytes sent, const HopQuote& q) {
  const auto seq_of = [](const std::vector<uint8_t>& packet) { return load32(&packet[layout_of(packet).l4 + 4u]); };
  const auto payload = c.fields.find("payload");
  const Layout s = layout_of(sent), l = layout_of(q.quote);
  if (payload == c.fields.end() || payload->second.verdict != "lengthened" || !s.tcp || !l.tcp) return false;
  const size_t more = l.payload + s.payload_size;
  const size_t end = std::min<size_t>(q.quote.size(), l.ip_total);
  if (end <= more) return false;
  const ConstBytes added = ConstBytes(q.quote).subspan(more, end - more);
  return std::any_of(o.runs.begin(), o.runs.end(), [&](const ProbeRun& next) {
    const auto& bytes = next.spec.payload;
    return &next != &run && next.copies_only && next.flow.source_port == run.flow.source_port &&
           next.sent.size() >= q.ttl && !next.sent[q.ttl - 1u].empty() &&
           seq_of(next.sent[q.ttl - 1u]) == load32(&sent[s.l4 + 4u]) + s.payload_size && added.size() <= bytes.size() &&
           std::equal(added.begin(), added.end(), bytes.begin());
  });
}

// The same of two that were sent in a row, where the quote is too short to show what was added, but not by how much the
// packet has grown.
bool grew_by_next(const Comparison& c, const Observation& o, const ProbeRun& run, ConstBytes sent, const HopQuote& q) {
  const Layout s = layout_of(sent), l = layout_of(q.quote);
  if (!run.copies_only || c.length_delta <= 0 || l.version == 0 || !s.tcp) return false;
  const size_t at = std::min(q.quote.size(), size_t{s.payload}), end = std::min(q.quote.size(), sent.size());
  const bool beginning_is_ours =
      std::equal(q.quote.begin() + static_cast<long>(at), q.quote.begin() + static_cast<long>(end),
                 sent.begin() + static_cast<long>(at));
  return beginning_is_ours && std::any_of(o.runs.begin(), o.runs.end(), [&](const ProbeRun& next) {
           if (&next == &run || !next.copies_only || next.sent.size() < q.ttl || next.sent[q.ttl - 1u].empty())
             return false;
           const auto& other = next.sent[q.ttl - 1u];
           const Layout n = layout_of(other);
           return n.tcp && next.flow.source_port == run.flow.source_port &&
                  c.length_delta == static_cast<int32_t>(n.payload_size) &&
                  load32(&other[n.l4 + 4u]) == load32(&sent[s.l4 + 4u]) + s.payload_size;
         });
}

// What arrived says more than a quote of it; else the longer one.
bool better(const HopQuote& a, const HopQuote& b) {
  if ((a.type == kArrival) != (b.type == kArrival)) return a.type == kArrival;
  return a.quote.size() > b.quote.size();
}

// The beginning of the segment with nothing changed in it: the quote of the other pieces did not come. Who takes bytes
// away from the end of a segment, and does not send them after it, breaks every stream.
bool is_first_piece(const Comparison& c, ConstBytes sent, const HopQuote& q) {
  const auto payload = c.fields.find("payload");
  const Layout s = layout_of(sent), l = layout_of(q.quote);
  return payload != c.fields.end() && payload->second.verdict == "shortened" && s.tcp && l.version != 0 &&
         q.quote.size() >= l.l4 + 8u && load32(&q.quote[l.l4 + 4u]) == load32(&sent[s.l4 + 4u]);
}

// Where that segment ends, and begins later by as much as is missing: the quotes of the pieces in front did not come.
bool is_later_piece(const Comparison& c, ConstBytes sent, const HopQuote& q) {
  const Layout s = layout_of(sent), l = layout_of(q.quote);
  if (!s.tcp || l.version == 0 || q.quote.size() < l.l4 + 8u) return false;
  const uint32_t later = load32(&q.quote[l.l4 + 4u]) - load32(&sent[s.l4 + 4u]);
  return later > 0 && later < s.payload_size && c.length_delta == -static_cast<int32_t>(later);
}

}  // namespace

std::vector<Hop> hops_of(const Observation& o, const ProbeRun& run, TraceReport& report) {
  uint8_t end = distance_of(run, o.destination);
  const bool to_destination = run.spec.proto != kProtoTcp;  // port unreachable, quoted by the destination itself
  if (end == 0)
    end = static_cast<uint8_t>(std::max<int>(last_hop_of(run), report.distance > 0 ? report.distance - 1 : 0) + 1);
  const bool arrivals =
      std::any_of(run.quotes.begin(), run.quotes.end(), [](const HopQuote& q) { return q.type == kArrival; });
  if (to_destination || arrivals) end = static_cast<uint8_t>(end + 1);
  std::vector<Hop> hops;
  for (uint8_t ttl = 1; ttl < end && ttl <= run.sent.size(); ++ttl) {
    Hop hop;
    hop.ttl = ttl;
    const auto& sent = run.sent[ttl - 1u];
    if (std::find(run.limited.begin(), run.limited.end(), ttl) != run.limited.end())
      hop.silence = Evidence::rate_limited;
    const auto pieces = pieces_of(run, ttl);
    const HopQuote* best = pieces.empty() ? nullptr : pieces.front();
    for (const HopQuote& q : run.quotes)
      if (q.ttl == ttl && !sent.empty() && (best == nullptr || (pieces.empty() && better(q, *best)))) best = &q;
    if (best != nullptr && !sent.empty()) {
      HopQuote certain = *best;
      const size_t header = layout_of(best->quote).ip_header;
      hop.shown = best->quote.size() - std::min(best->quote.size(), header);
      if (best->filled) certain.quote.resize(certain_size(sent, best->quote));
      Comparison c = compare(sent, certain.quote);
      if (!pieces.empty()) {
        for (const char* field : {"payload", "ip.length", "tcp.checksum", "tcp.tail", "tcp.flags", "ip.id"})
          c.fields[field] = {};
        c.fields["tcp.segmentation"] = {.evidence = Evidence::changed,
                                        .verdict = "split",
                                        .before = "1 segment",
                                        .after = fmt::format("{} segments", pieces.size())};
      } else if (is_coalesced(c, o, run, sent, certain)) {
        for (const char* field : {"payload", "ip.length", "tcp.tail", "tcp.flags", "tcp.window", "tcp.ack", "ip.id"})
          c.fields[field] = {};
        c.fields["tcp.segmentation"] = {
            .evidence = Evidence::changed, .verdict = "coalesced", .before = "2 segments", .after = "1 segment"};
      } else if (grew_by_next(c, o, run, sent, certain)) {
        for (const char* field :
             {"payload", "ip.length", "tcp.checksum", "tcp.tail", "tcp.flags", "tcp.window", "tcp.ack"})
          c.fields[field] = {};
        c.fields["tcp.segmentation"] = {.evidence = Evidence::changed,
                                        .verdict = "coalesced",
                                        .before = "2 segments",
                                        .after = "1 segment",
                                        .inferred = true};
      } else if (const bool later = is_later_piece(c, sent, certain); later || is_first_piece(c, sent, certain)) {
        for (const char* field : {"payload", "ip.length", "tcp.checksum", "tcp.tail", "tcp.flags"})
          c.fields[field] = {};
        if (later) c.fields["tcp.seq"] = c.fields["ip.id"] = {};
        c.fields["tcp.segmentation"] = {.evidence = Evidence::changed,
                                        .verdict = "split",
                                        .before = "1 segment",
                                        .after = later ? "a later piece" : kFirstPiece};
      } else if (const auto i = c.fields.find("tcp.segmentation");
                 i != c.fields.end() && i->second.verdict == "split" && !i->second.ambiguous) {
        c.fields["tcp.flags"] = {};  // PSH and FIN go with the last piece
        c.fields["ip.length"] = {};
      } else if (!run.spec.payload.empty() && c.fields.contains("payload") &&
                 c.fields["payload"].evidence == Evidence::equal) {
        c.fields["tcp.segmentation"] = {.evidence = Evidence::equal};
      }
      for (const std::string& field : c.artefacts)
        report.notes.push_back({"quote.damaged", fmt::format("hop {} ({}) quotes {} in its own byte order", ttl,
                                                             to_text(best->from), field)});
      if (c.readable)
        hop.seen = std::move(c);
      else
        hop.silence = Evidence::not_covered;
    }
    hops.push_back(std::move(hop));
  }
  return hops;
}

}  // namespace gauntlet
