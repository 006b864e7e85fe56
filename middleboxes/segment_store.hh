// Copies of data segments a box may have to send again, in stream order, until they are acknowledged. Bounded: when it
// is full, take() refuses.
#pragma once
#include <list>

#include "tcp/segment.hh"
#include "tcp/sequence.hh"
#include "wire/options.hh"

namespace gauntlet {

class SegmentStore {
 public:
  static constexpr size_t kMostBytes = 1 << 20;
  struct Stored {
    Position at, end;
    Packet packet;
  };

  bool take(Position at, Position end, const Packet& p) {
    if (bytes_ + p.size() > kMostBytes) return false;
    auto it = all_.end();
    while (it != all_.begin() && std::prev(it)->at > at) --it;
    all_.insert(it, Stored{at, end, p.copy()});
    bytes_ += p.size();
    return true;
  }
  void acknowledged(Position ack) {
    while (!all_.empty() && all_.front().end <= ack) drop_first();
  }
  void drop_first() {
    bytes_ -= all_.front().packet.size();
    all_.pop_front();
  }
  const std::list<Stored>& all() const { return all_; }
  bool empty() const { return all_.empty(); }

 private:
  std::list<Stored> all_;  // by `at`; a list, because an empty one costs nothing
  size_t bytes_ = 0;
};

// The part of a header that speaks of the other direction.
struct Answer {
  uint32_t ack = 0;
  uint16_t window = 0;
  std::optional<TcpOptions::Timestamps> timestamps;
};
inline Answer answer_of(TcpView tcp) { return {tcp.ack(), tcp.window(), parse_tcp_options(tcp.options()).timestamps}; }

// A copy sent later must not look older than what the receiver has seen since, or it is refused: timestamps
// (RFC 7323 5.3) and acknowledgement (RFC 5961 5.2).
inline void renew(Packet& p, const Answer& now) {
  Layout l = layout_of(std::as_const(p).bytes());
  TcpEdit edit(p, l);
  edit.set_ack(now.ack);
  edit.set_window(now.window);
  const Option o = find_option(edit.view().options(), kOptTimestamp);
  if (o.size != 10 || !now.timestamps) return;
  uint8_t bytes[8];
  store32(bytes, now.timestamps->value);
  store32(bytes + 4, now.timestamps->echo);
  edit.write_options(o.offset + 2u, bytes);
}

}  // namespace gauntlet
