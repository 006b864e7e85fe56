// Holds packets, each for the same time, and lets them go in the order they came. A ticket names a held packet; 0 names
// none. Bounded: past kLimit packets the oldest leaves early.
#pragma once
#include <algorithm>
#include <deque>
#include <optional>

#include "path/middlebox.hh"

namespace gauntlet {

class Holder {
 public:
  static constexpr size_t kLimit = 65536;  // packets

  struct Held {
    Packet packet;  // empty once it was let go
    Layout layout;
    Direction toward;
    Time due;
    unsigned count = 1;  // for the box: how many packets went into this one
  };
  explicit Holder(Duration time) : time_(time) {}

  // `largest`: the size to which it may be made to grow; room for one more like it is kept then.
  uint64_t hold(Packet p, const Seen& seen, Emit& out, size_t largest = 0) {
    p.keep(std::max(Packet::kRoomBehind, std::min(largest - std::min(largest, p.size()), p.size())));
    queue_.push_back({std::move(p), seen.layout, seen.toward, seen.now + time_});
    const uint64_t ticket = base_ + queue_.size() - 1;
    if (queue_.size() > kLimit) release(base_, out);
    return ticket;
  }
  // Null when it was let go already.
  Held* find(uint64_t ticket) {
    if (ticket < base_ || ticket >= base_ + queue_.size()) return nullptr;
    Held& held = queue_[ticket - base_];
    return held.packet.empty() ? nullptr : &held;
  }
  void release(uint64_t ticket, Emit& out) {
    if (Held* held = find(ticket)) out.send(std::move(held->packet), held->toward);
    forget_gone();
  }
  void release_due(Time now, Emit& out) {
    while (!queue_.empty() && queue_.front().due <= now) release(base_, out);
  }
  void release_all(Emit& out) {
    while (!queue_.empty()) release(base_, out);
  }
  std::optional<Time> next() const {
    if (queue_.empty()) return std::nullopt;
    return queue_.front().due;
  }

 private:
  void forget_gone() {
    for (; !queue_.empty() && queue_.front().packet.empty(); ++base_) queue_.pop_front();
  }

  Duration time_;
  std::deque<Held> queue_;  // by due time; the front is never gone
  uint64_t base_ = 1;       // ticket of the front
};

}  // namespace gauntlet
