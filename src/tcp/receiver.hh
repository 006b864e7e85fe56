// The receiving half: puts segments in order, says what to acknowledge, selectively too, and how much may come. The
// first copy of a byte wins. Holds at most `capacity` bytes, in order and out of order together.
#pragma once
#include <span>

#include "tcp/ranges.hh"
#include "tcp/stream_buffer.hh"

namespace gauntlet {

class TcpReceiver {
 public:
  TcpReceiver(size_t capacity, size_t mss)
      : capacity_(static_cast<Position>(capacity)), mss_(static_cast<Position>(mss)) {}

  Position next() const { return next_; }               // RCV.NXT: data, and FIN once it was reached
  Position edge() const { return edge_; }               // the right edge last advertised
  Position received() const { return data_next_ - 1; }  // bytes in order since the beginning
  bool finished() const { return next_ > data_next_; }  // FIN was reached
  size_t readable() const { return static_cast<size_t>(data_next_ - bytes_.begin()); }
  bool has_holes() const { return !later_.empty(); }

  struct Taken {
    bool in_order = false;  // next() moved
    bool filled = false;    // ... and there was something out of order before: acknowledge at once (RFC 5681 4.2)
  };
  // Payload at `at`, with a FIN behind it or not; what lies outside the window is left out.
  Taken take(Position at, ConstBytes payload, bool fin);
  std::vector<uint8_t> read(size_t most);

  // What a segment sent now may advertise, in bytes from next(). The right edge never moves left; it moves right only
  // by at least min(half the buffer, MSS) (silly window avoidance, RFC 9293 3.8.6.2.2).
  Position window() const;
  // What a header can say: 65535, or that shifted by the scale agreed on (RFC 7323 2.3).
  void limit_window(Position most) { most_window_ = most; }
  // The window as the peer will read it: what went into the header, scaled.
  void advertised(Position window) { edge_ = std::max(edge_, next_ + window); }
  bool window_grew() const { return next_ + window() > edge_; }  // worth a segment of its own

  // The ranges to report, the one with the latest arrival first, then those reported before (RFC 2018 4).
  std::span<const Range> sack() const { return recent_; }

 private:
  void remember(Position latest);

  Position capacity_, mss_, most_window_ = 65535;
  Position next_ = 1, data_next_ = 1, edge_ = 1;
  Position fin_at_ = -1;  // known from a FIN segment, maybe out of order
  StreamBuffer bytes_{1};
  RangeSet later_;  // received, behind a hole
  std::vector<Range> recent_;
};

}  // namespace gauntlet
