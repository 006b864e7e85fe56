// One flow of a box that acknowledges early: what came in order, what the receiver has, and what is kept for it.
#pragma once
#include "middleboxes/segment_store.hh"
#include "middleboxes/watch.hh"
#include "path/middlebox.hh"
#include "tcp/ranges.hh"
#include "tcp/segment.hh"

namespace gauntlet {

class EarlyAck {
 public:
  EarlyAck(Duration rto, SegmentStore::Budget& kept) : rto_(rto), kept_(kept) {}

  struct Did {
    bool acknowledge = false;  // the segment is data, and acknowledgement() would cover all that came in order
    bool lose = false;
  };
  Did see(const Packet& p, const Seen& seen, uint64_t lose) {
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

  // To the sender of the data that travels `toward`: all that came in order, inside the receiver's window.
  Packet acknowledgement(Direction toward) const {
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

  std::optional<Time> next_tick() const {
    const auto &a = lanes_[0].due, &b = lanes_[1].due;
    return !a ? b : !b ? a : std::min(*a, *b);
  }
  // The first kept segment again; after eight times the receiver is gone.
  void tick(Time now, Emit& out) {
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

 private:
  struct Lane {                        // of the data in one direction
    Position next = 0, furthest = 0;   // behind what came in order; behind all that came
    Position received = 0, edge = -1;  // what the receiver acknowledged and the right edge it allows; -1: not yet
    RangeSet came;
    SegmentStore kept;
    Answer latest;  // what the sender of this direction last said of the other one
    struct {
      TcpPair pair;
      uint32_t seq = 0, isn = 0;
    } answer;
    uint64_t count = 0;
    std::optional<Time> due;
    int tries = 0;
  };
  void acknowledged(Lane& lane, Position ack, TcpView tcp, const Seen& seen) {
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

  Duration rto_;
  SegmentStore::Budget& kept_;  // by all flows
  Watch watch_;
  Lane lanes_[2];  // by direction
  int scale_[2] = {-1, -1};
  bool ended_ = false;
};

}  // namespace gauntlet
