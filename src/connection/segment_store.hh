// Copies of data segments a box may have to send again, in stream order, until they are acknowledged. Bounded, each and
// all of a box together: when either is full, take() refuses.
#pragma once
#include <list>

#include "tcp/segment.hh"
#include "tcp/sequence.hh"
#include "wire/options.hh"

namespace gauntlet {

class SegmentStore {
 public:
  static constexpr size_t kMostBytes = 1 << 20;
  static constexpr size_t kExtra = 320;  // what a copy takes besides its bytes: the room around them, a place in a list
  // What all stores of a box may take; it outlives them.
  struct Budget {
    static constexpr size_t kMost = 64 << 20;
    size_t used = 0;
  };
  struct Stored {
    Position at, end;
    Packet packet;
    size_t cost() const { return packet.size() + kExtra; }
  };

  SegmentStore() = default;
  SegmentStore(SegmentStore&& other) noexcept { swap(other); }
  SegmentStore& operator=(SegmentStore&& other) noexcept {
    clear();
    swap(other);
    return *this;
  }
  ~SegmentStore() { clear(); }

  bool take(Position at, Position end, const Packet& p, Budget& budget) {
    const size_t cost = p.size() + kExtra;
    if (bytes_ + cost > kMostBytes || budget.used + cost > Budget::kMost) return false;
    auto it = all_.end();
    while (it != all_.begin() && std::prev(it)->at > at) --it;
    all_.insert(it, Stored{at, end, p.copy()});
    budget_ = &budget;
    bytes_ += cost;
    budget.used += cost;
    return true;
  }
  void acknowledged(Position ack) {
    while (!all_.empty() && all_.front().end <= ack) drop_first();
  }
  void drop_first() {
    bytes_ -= all_.front().cost();
    budget_->used -= all_.front().cost();
    all_.pop_front();
  }
  void clear() {
    while (!all_.empty()) drop_first();
  }
  const std::list<Stored>& all() const { return all_; }
  bool empty() const { return all_.empty(); }

 private:
  void swap(SegmentStore& other) noexcept {
    all_.swap(other.all_);
    std::swap(bytes_, other.bytes_);
    std::swap(budget_, other.budget_);
  }

  std::list<Stored> all_;  // by `at`; a list, because an empty one costs nothing
  size_t bytes_ = 0;
  Budget* budget_ = nullptr;  // where what is here was counted
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
