// One flow of a box that acknowledges early: what came in order, what the receiver has, and what is kept for it.
#pragma once
#include "connection/segment_store.hh"
#include "connection/watch.hh"
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
  Did see(const Packet& p, const Seen& seen, uint64_t lose);

  // To the sender of the data that travels `toward`: all that came in order, inside the receiver's window.
  Packet acknowledgement(Direction toward) const;

  std::optional<Time> next_tick() const {
    const auto &a = lanes_[0].due, &b = lanes_[1].due;
    return !a ? b : !b ? a : std::min(*a, *b);
  }
  // The first kept segment again; after eight times the receiver is gone.
  void tick(Time now, Emit& out);

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
  void acknowledged(Lane& lane, Position ack, TcpView tcp, const Seen& seen);

  Duration rto_;
  SegmentStore::Budget& kept_;  // by all flows
  Watch watch_;
  Lane lanes_[2];  // by direction
  int scale_[2] = {-1, -1};
  bool ended_ = false;
};

}  // namespace gauntlet
