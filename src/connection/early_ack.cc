#include "connection/early_ack.hh"

namespace gauntlet {

EarlyAck::Did EarlyAck::see(const Packet& p, const Seen& seen, uint64_t lose) {
  const TcpView tcp(p.bytes(), seen.layout);
  const auto way = static_cast<size_t>(seen.toward);
  const Watch::Place place = watch_.place(seen, tcp);
  const TcpOptions options = parse_tcp_options(tcp.options());
  if (tcp.has(kSyn)) scale_[way] = options.wscale ? std::min<int>(*options.wscale, 14) : -1;
  if (tcp.has(kRst)) ended_ = true;
  Lane& mine = lanes_[way];
  Lane& other = lanes_[1 - way];
  if (tcp.has(kAck) && !tcp.has(kRst)) mine.latest = answer_of(tcp);
  if (place.acks) acknowledged(other, place.ack, tcp, seen);
  if (!place.known || tcp.has(kRst)) return {};
  watch_.went_on(seen, place);
  if (tcp.has(kSyn)) mine.next = std::max(mine.next, place.end);
  if (seen.layout.payload_size == 0 || tcp.has(kSyn) || !place.sure) return {};
  const Position end = place.at + static_cast<Position>(seen.layout.payload_size);
  const bool fresh = end > mine.furthest;
  mine.furthest = std::max(mine.furthest, end);
  Did did;
  did.lose = fresh && ++mine.count == lose && seen.selected;
  if (!did.lose && end > mine.received && !mine.kept.take(place.at, end, p, kept_)) return {};
  mine.came.add({place.at, end});
  if (const Range* r = mine.came.at(mine.next)) mine.next = r->end;
  mine.came.remove_before(mine.next);
  // The receiver's highest number: from an older one no window is taken (SND.WL1, RFC 9293 3.10.7.4).
  const uint32_t seq = sequence_of(watch_.high[1 - way], seen.facts->isn[1 - way]);
  mine.answer = {receivers_pair(p.bytes(), seen.layout), seq, seen.facts->isn[way]};
  if (!mine.due && !mine.kept.empty()) mine.due = seen.now + rto_;
  did.acknowledge = mine.edge >= 0;
  return did;
}

Packet EarlyAck::acknowledgement(Direction toward) const {
  const auto way = static_cast<size_t>(toward);
  const Lane &mine = lanes_[way], &other = lanes_[1 - way];
  const bool scaled = scale_[0] >= 0 && scale_[1] >= 0;
  const Position window = std::max<Position>(0, mine.edge - mine.next) >> (scaled ? scale_[1 - way] : 0);
  TcpOptions options;
  if (mine.latest.timestamps && other.latest.timestamps) {
    options.timestamps = {other.latest.timestamps->value, mine.latest.timestamps->value};
  }
  return make_segment(mine.answer.pair,
                      {mine.answer.seq, sequence_of(mine.next, mine.answer.isn), kAck,
                       static_cast<uint16_t>(std::min<Position>(window, 65535))},
                      encode_tcp_options(options), {});
}

void EarlyAck::tick(Time now, Emit& out) {
  for (const Direction toward : {Direction::to_server, Direction::to_client}) {
    Lane& lane = lanes_[static_cast<size_t>(toward)];
    if (!lane.due || *lane.due > now) continue;
    lane.due.reset();
    if (ended_ || ++lane.tries > 8) lane.kept.clear();
    if (lane.kept.empty()) continue;
    Packet again = lane.kept.all().front().packet.copy();
    renew(again, lane.latest);
    out.send(std::move(again), toward);
    lane.due = now + rto_ * (1 << lane.tries);
  }
}

void EarlyAck::acknowledged(Lane& lane, Position ack, TcpView tcp, const Seen& seen) {
  const auto way = static_cast<size_t>(seen.toward);
  const bool scaled = !tcp.has(kSyn) && scale_[0] >= 0 && scale_[1] >= 0;
  lane.edge = std::max(lane.edge, ack + (static_cast<Position>(tcp.window()) << (scaled ? scale_[way] : 0)));
  if (ack <= lane.received) return;
  lane.received = ack;
  lane.next = std::max(lane.next, ack);
  lane.kept.acknowledged(ack);
  lane.tries = 0;
  lane.due = lane.kept.empty() ? std::nullopt : std::optional(seen.now + rto_);
}

}  // namespace gauntlet
