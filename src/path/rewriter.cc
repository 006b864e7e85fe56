#include "path/rewriter.hh"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "path/pieces.hh"
#include "path/quote_edit.hh"
#include "path/sack.hh"

namespace gauntlet {
namespace {

// The position of a sequence number in a stream that may be longer than 2^32, nearest to `near`.
int64_t unwrap(uint32_t seq, uint32_t isn, int64_t near) {
  return near + static_cast<int32_t>(seq - isn - 1 - static_cast<uint32_t>(near));
}
uint32_t wrap(int64_t position, uint32_t isn) { return isn + 1 + static_cast<uint32_t>(position); }

}  // namespace

// A quoted packet went the other way and was already edited: the quote is put back into its sender's terms.
void Rewriter::quote(Packet& p, const Seen& seen) {
  if (seen.quoted == kNoFlow) return;
  Flow* flow = flows_.find(seen.quoted, seen.quoted_facts->serial);
  if (flow == nullptr) return;
  const Quote q = quote_of(p.bytes(), seen.layout);
  QuoteEdit edit(p, seen.layout, q);
  const auto way = static_cast<size_t>(opposite(seen.toward));
  const FlowFacts& facts = *seen.quoted_facts;
  const Lane& own = flow->lanes[way];
  if (!own.edits.empty() && edit.has(4, 4)) {
    const int64_t at = unwrap(load32(edit.upper() + 4), facts.isn[way], own.edits.forward(own.high));
    edit.set32(4, wrap(own.edits.back_left(at), facts.isn[way]));
  }
  const Lane& other = flow->lanes[1 - way];
  if (!other.edits.empty() && edit.has(8, 4)) {
    const int64_t at = unwrap(load32(edit.upper() + 8), facts.isn[1 - way], other.high);
    edit.set32(8, wrap(other.edits.forward(at), facts.isn[1 - way]));
  }
}

void Rewriter::finish(Packet p, Layout l, const Seen& seen, Emit& out) {
  const size_t header = l.payload;
  if (p.size() > mtu_ && mtu_ > header && can_be_cut(p, l)) {
    ++cut_;
    send_pieces(std::move(p), l, mtu_ - header, OptionsOn::all, true, seen.toward, out);
  } else {
    out.send(std::move(p), seen.toward);
  }
}

// Payload and sequence number of a segment, by the edits of its own direction. True when the segment grew.
bool Rewriter::own_side(TcpEdit& edit, const Layout& layout, bool intact, const Seen& seen, Lane& lane) {
  const uint32_t isn = seen.facts->isn[static_cast<size_t>(seen.toward)];
  const TcpView tcp = edit.view();
  const int64_t at = unwrap(tcp.seq(), isn, lane.high);
  const int64_t from = at + (tcp.has(kSyn) ? 1 : 0), to = from + layout.payload_size;
  const bool payload = layout.payload_size > 0 && intact;
  if (payload && seen.selected) {
    const size_t before = lane.edits.count();
    find(tcp.payload(), from, seen, lane);
    edits_ += lane.edits.count() - before;
  }
  if (payload) lane.high = std::max(lane.high, to);
  if (lane.edits.empty()) return false;
  const int64_t new_at = lane.edits.forward(at);
  bool grew = false;
  if (payload && lane.edits.touches(from, to)) {
    const std::vector<uint8_t> bytes = lane.edits.rewrite(from, tcp.payload());
    grew = bytes.size() > layout.payload_size;
    edit.replace_payload(0, layout.payload_size, bytes);
  }
  if (new_at != at) edit.set_seq(wrap(new_at, isn));
  return grew;
}

// Acknowledgement and SACK blocks, by the edits of the direction they speak of.
void Rewriter::other_side(TcpEdit& edit, uint32_t isn, const Lane& lane) {
  if (lane.edits.empty() || !edit.view().has(kAck)) return;
  const int64_t near = lane.edits.forward(lane.high);
  edit.set_ack(wrap(lane.edits.back(unwrap(edit.view().ack(), isn, near)), isn));
  map_sack(edit, [&](uint32_t& left, uint32_t& right) {
    left = wrap(lane.edits.back_left(unwrap(left, isn, near)), isn);
    right = wrap(lane.edits.back(unwrap(right, isn, near)), isn);
    if (static_cast<int32_t>(right - left) < 0)
      right = left;  // nothing whole was received: an empty block says nothing
  });
}

void Rewriter::packet(Packet p, const Seen& seen, Emit& out) {
  if (seen.flow == kNoFlow) {
    quote(p, seen);
    return out.send(std::move(p), seen.toward);
  }
  const auto way = static_cast<size_t>(seen.toward);
  Flow& flow = flows_.at(seen);
  Layout layout = seen.layout;
  const bool intact = whole(layout, std::as_const(p).bytes()) && !layout.fragment;
  TcpEdit edit(p, layout);
  const bool grew = seen.facts->isn_known[way] && own_side(edit, layout, intact, seen, flow.lanes[way]);
  other_side(edit, seen.facts->isn[1 - way], flow.lanes[1 - way]);
  if (grew) return finish(std::move(p), layout, seen, out);
  out.send(std::move(p), seen.toward);
}

Json Rewriter::state() const { return {{"edits", edits_}, {"cut", cut_}}; }

std::vector<DeclaredEdit> stream_edits(const Params& p, const std::vector<std::string>& kinds, bool lengths) {
  std::vector<DeclaredEdit> all;
  for (const auto& [dir, back] : {std::pair{"c2s", "s2c"}, {"s2c", "c2s"}}) {
    if (p.text("dir") != "both" && p.text("dir") != dir) continue;
    for (const std::string& kind : kinds) all.push_back({kind, "payload", dir});
    if (!lengths) continue;
    all.push_back({"seq_shift_from", "seq", dir});
    all.push_back({"ack_shift", "ack", back});
  }
  return all;
}

}  // namespace gauntlet
