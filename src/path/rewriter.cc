#include "path/rewriter.hh"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "path/pieces.hh"
#include "path/quote_edit.hh"
#include "path/sack.hh"
#include "wire/checksum.hh"
#include "wire/options.hh"

namespace gauntlet {
namespace {

// The position of a sequence number in a stream that may be longer than 2^32, nearest to `near`.
int64_t unwrap(uint32_t seq, uint32_t isn, int64_t near) {
  return near + static_cast<int32_t>(seq - isn - 1 - static_cast<uint32_t>(near));
}
uint32_t wrap(int64_t position, uint32_t isn) { return isn + 1 + static_cast<uint32_t>(position); }

// Of what the other end has acknowledged so much is kept, once there are many edits.
constexpr int64_t kFarBack = 1 << 20;  // bytes of the stream
constexpr size_t kManyEdits = 1024;

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
    std::vector<uint32_t> ends;
    ends_by_size(l.payload_size, static_cast<uint32_t>(mtu_ - header), 0, ends);
    send_pieces(std::move(p), l, ends, OptionsOn::all, true, seen.toward, out);
  } else {
    out.send(std::move(p), seen.toward);
  }
}

// Payload and sequence number of a segment, by the edits of its own direction.
Rewriter::Own Rewriter::own_side(TcpEdit& edit, const Layout& layout, ConstBytes packet, const Seen& seen, Lane& lane) {
  const uint32_t isn = seen.facts->isn[static_cast<size_t>(seen.toward)];
  const TcpView tcp = edit.view();
  const int64_t at = unwrap(tcp.seq(), isn, lane.high);
  const int64_t from = at + (tcp.has(kSyn) ? 1 : 0), to = from + layout.payload_size;
  const bool payload = layout.payload_size > 0 && whole(layout, packet) && !layout.fragment;
  if (payload && seen.selected && from >= lane.high) {  // verified and edited in one pass
    const ConstBytes bits = always_flipped(layout.payload_size);
    if (!bits.empty() && edit.flip_if_right(bits)) {
      lane.edits.flip(from, bits);
      lane.high = to;
      ++edits_;
      return {};
    }
  }
  // A damaged segment is edited as the good ones were, but adds nothing. Where nothing is to be edited a sum is not
  // worth its time, unless the number is one that nobody expects.
  const bool good = payload && ((!seen.selected && from <= lane.high) || edit.checksum_ok());
  if (good && seen.selected) {
    const size_t before = lane.edits.count();
    find(tcp.payload(), from, seen, lane);
    edits_ += lane.edits.count() - before;
  }
  const bool ends = tcp.has(kFin) && whole(layout, packet) && !layout.fragment && edit.checksum_ok();
  if (good || ends) lane.high = std::max(lane.high, to);  // a FIN has its place, too
  Own own;
  if (lane.edits.empty()) return own;
  const int64_t new_at = lane.edits.forward(at);
  if (tcp.has(kUrg)) {  // points behind the urgent data (RFC 9293 3.1), counted from the segment's own number
    const int64_t mark = lane.edits.forward(at + tcp.urgent()) - new_at;
    if (mark != tcp.urgent()) edit.set_urgent(static_cast<uint16_t>(std::clamp<int64_t>(mark, 0, 0xffff)));
  }
  if (payload && lane.edits.touches(from, to)) {
    lane.edits.rewrite(from, tcp.payload(), piece_);
    own.grew = piece_.bytes.size() > piece_.removed;
    if (!piece_.flipped.empty())
      edit.flip_payload(piece_.offset, piece_.flipped);
    else
      edit.replace_payload(piece_.offset, piece_.removed, piece_.bytes);
    const bool bare = layout.payload_size == 0 && !(tcp.flags() & (kSyn | kFin | kRst));
    if (acknowledges_ && bare && good) own.emptied = to;
  }
  if (new_at != at) edit.set_seq(wrap(new_at, isn));
  return own;
}

// In the other end's name, which has all that stands before bytes that it will never get. While it has not, its own
// acknowledgement covers them when it comes. Window and sequence number are what it said last; `options` are those of
// the emptied segment.
void Rewriter::acknowledge(ConstBytes options, int64_t to, const Seen& seen, const Flow& flow, Emit& out) {
  const auto way = static_cast<size_t>(seen.toward);
  const Lane& lane = flow.lanes[way];
  const Said& said = flow.said[1 - way];
  const uint32_t isn = seen.facts->isn[way];
  if (said.packet.empty() || lane.edits.back(unwrap(said.ack, isn, lane.edits.forward(lane.high))) < to) return;
  Packet p = said.packet.copy();
  Layout l = layout_of(std::as_const(p).bytes());
  TcpEdit edit(p, l);
  const TcpView tcp = edit.view();
  const Option scale = find_option(tcp.options(), kOptWscale);
  // The window of a SYN/ACK is never scaled, that of what follows is (RFC 7323 2.2), by 14 at most (2.3).
  if (tcp.has(kSyn) && scale.size == 3)
    edit.set_window(static_cast<uint16_t>(tcp.window() >> std::min<int>(tcp.options()[scale.offset + 2u], 14)));
  edit.set_seq(tcp.seq() + tcp.sequence_length());
  edit.set_flags(kAck);
  edit.set_urgent(0);
  edit.set_ack(wrap(to, isn));
  edit.replace_payload(0, l.payload_size, {});
  uint8_t own[12], theirs[12];
  const ConstBytes stamps = timestamps_alone(edit.view().options(), own), echoed = timestamps_alone(options, theirs);
  if (!stamps.empty() && !echoed.empty()) std::copy_n(theirs + 4, 4, own + 8);
  edit.replace_options(stamps);
  if (l.version == 4) {
    store16(p.data() + 10, update16(load16(p.data() + 10), load16(p.data() + 4), 0));
    store16(p.data() + 4, 0);
  }
  out.send(std::move(p), opposite(seen.toward));
}

// Acknowledgement and SACK blocks, by the edits of the direction they speak of.
void Rewriter::other_side(TcpEdit& edit, const Packet& p, const Layout& layout, const Seen& seen, Lane& lane) {
  if (lane.edits.empty() || !edit.view().has(kAck)) return;
  const uint32_t isn = seen.facts->isn[static_cast<size_t>(opposite(seen.toward))];
  const int64_t near = lane.edits.forward(lane.high);
  const int64_t acknowledged = lane.edits.back(unwrap(edit.view().ack(), isn, near));
  edit.set_ack(wrap(acknowledged, isn));
  map_sack(edit, [&](uint32_t& left, uint32_t& right) {
    left = wrap(lane.edits.back_left(unwrap(left, isn, near)), isn);
    right = wrap(lane.edits.back(unwrap(right, isn, near)), isn);
    if (static_cast<int32_t>(right - left) < 0)
      right = left;  // nothing whole was received: an empty block says nothing
  });
  // Not at once: an acknowledgement may be lost on its way back, and what it spoke of sent again.
  if (lane.edits.kept() >= kManyEdits && acknowledged <= lane.high && l4_checksum_ok(p.bytes(), layout))
    lane.edits.forget_before(acknowledged - kFarBack);
}

void Rewriter::packet(Packet p, const Seen& seen, Emit& out) {
  if (seen.flow == kNoFlow) quote(p, seen);
  if (seen.flow == kNoFlow || seen.stray) return out.send(std::move(p), seen.toward);
  const auto way = static_cast<size_t>(seen.toward);
  Flow& flow = flows_.at(seen);
  Layout layout = seen.layout;
  TcpEdit edit(p, layout);
  const uint32_t ack = edit.view().ack();
  const ConstBytes bytes = std::as_const(p).bytes();
  const Own own = seen.facts->isn_known[way] ? own_side(edit, layout, bytes, seen, flow.lanes[way]) : Own{};
  other_side(edit, p, layout, seen, flow.lanes[1 - way]);
  if (acknowledges_ && edit.resizable() && (edit.view().flags() & (kAck | kRst)) == kAck &&
      l4_checksum_ok(std::as_const(p).bytes(), layout))
    flow.said[way] = {p.copy(), ack};
  if (own.emptied) acknowledge(edit.view().options(), *own.emptied, seen, flow, out);
  if (own.grew) return finish(std::move(p), layout, seen, out);
  out.send(std::move(p), seen.toward);
}

Json Rewriter::state() const { return {{"edits", edits_}, {"cut", cut_}}; }

std::vector<DeclaredEdit> stream_edits(const Params& p, const std::vector<std::string>& kinds, bool lengths) {
  std::vector<DeclaredEdit> all;
  for (const auto& [dir, back] : {std::pair{"c2s", "s2c"}, {"s2c", "c2s"}}) {
    if (p.text("dir") != "both" && p.text("dir") != dir) continue;
    for (const std::string& kind : kinds) all.push_back({kind, "payload", dir});
    all.push_back({"checksum_broken", "dss checksum", dir});  // of a mapping: nobody here knows of any
    for (const char* kind : {"split", "copied_to_pieces"})    // what grew past the MTU
      if (p.all().contains("mtu") && std::ranges::count(kinds, "inserted") > 0) all.push_back({kind, "", dir});
    if (!lengths) continue;
    for (const char* kind : {"proxy_acked", "injected"}) {
      if (p.all().contains("ack") && p.flag("ack")) all.push_back({kind, "", back});
    }
    all.push_back({"seq_shift_from", "seq", dir});
    all.push_back({"ack_shift", "ack", back});
  }
  return all;
}

}  // namespace gauntlet
