// The sending half: what is unacknowledged, what the peer has selectively acknowledged, what may be sent now, and how
// fast: Reno (RFC 5681) with NewReno (RFC 6582) or, when SACK was agreed on, loss recovery by it (RFC 6675).
//
// Knows no segments and no clock: positions in, positions out.
#pragma once
#include <optional>
#include <span>

#include "tcp/ranges.hh"
#include "tcp/stream_buffer.hh"

namespace gauntlet {

class TcpSender {
 public:
  explicit TcpSender(size_t capacity) : capacity_(capacity) {}
  void open(size_t mss, bool sack, Position window);  // the handshake is over; the peer's window in bytes

  size_t write(ConstBytes);            // takes what there is room for
  void finish() { finished_ = true; }  // FIN behind everything written
  size_t room() const { return finished_ ? 0 : capacity_ - std::min(capacity_, bytes_.size()); }

  struct Piece {
    Position at = 0;
    size_t size = 0;  // payload
    bool fin = false;
    bool again = false;  // some of it was sent before
    bool last = false;   // nothing was written behind it
  };
  // What may go now, at most `most` payload bytes; the caller sends it and says sent(), then asks again.
  std::optional<Piece> next(size_t most) const;
  std::optional<Piece> probe() const;  // one byte (or the FIN) whatever the window says (RFC 9293 3.8.6.1)
  void sent(const Piece&);
  ConstBytes payload(const Piece& p) const { return p.size == 0 ? ConstBytes() : bytes_.view(p.at, p.size); }

  // An acceptable acknowledgement: una() <= ack <= top(). `bare`: no payload, no SYN, no FIN, same window: by RFC 5681
  // 2 a duplicate when it acknowledges nothing new. True when it did acknowledge something new.
  bool acknowledged(Position ack, Position window, std::span<const Range> sack, bool bare);
  void set_window(Position window);
  void timed_out();  // the retransmission timer: begin again at una(), slowly

  Position una() const { return una_; }  // SND.UNA
  Position nxt() const { return nxt_; }  // SND.NXT; goes back on a timeout
  Position top() const { return top_; }  // behind the highest ever sent
  Position end() const {
    return bytes_.end() + (finished_ ? 1 : 0);
  }  // behind everything there is to send, FIN included
  Position window() const { return window_; }
  Position widest() const { return widest_; }  // MAX.SND.WND
  bool idle() const { return una_ == end(); }
  bool all_acknowledged() const { return finished_ && idle(); }
  Position cwnd() const { return cwnd_; }
  bool recovering() const { return recovering_; }

 private:
  Position lost_edge() const;  // what was not acknowledged below it is lost (RFC 6675 IsLost)
  Position pipe() const;       // bytes thought to be in the network (RFC 6675 SetPipe)
  Piece piece(Position at, Position size) const;
  void enter_recovery();
  void grow(Position acked);

  size_t capacity_;
  StreamBuffer bytes_{1};
  bool finished_ = false, sack_ = false;
  Position mss_ = 536, una_ = 1, nxt_ = 1, top_ = 1, window_ = 0, widest_ = 0;
  RangeSet sacked_;
  Position cwnd_ = 0, slow_until_ = INT64_MAX;  // cwnd and ssthresh, bytes
  int duplicates_ = 0;
  bool recovering_ = false, first_again_ = false;  // first_again_: the segment at una() goes next, whatever cwnd says
  Position recover_ = 0, resent_ = 0;              // recovery ends at recover_; holes below resent_ were sent again
};

}  // namespace gauntlet
