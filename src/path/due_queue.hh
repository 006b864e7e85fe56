// Holds packets, each until a time of its own, and lets them go by that time; those due at once in the order they came.
// Bounded: past `limit` packets the one due first leaves early.
#pragma once
#include <map>
#include <optional>
#include <utility>

#include "path/middlebox.hh"

namespace gauntlet {

class DueQueue {
 public:
  static constexpr size_t kLimit = 65536;  // packets

  explicit DueQueue(size_t limit = kLimit) : limit_(limit) {}

  void hold(Packet p, Direction toward, Time due, Emit& out) {
    p.keep();
    held_.emplace(due, Held{std::move(p), toward});
    if (held_.size() <= limit_) return;
    release_first(out);
    ++early_;
  }
  void release_due(Time now, Emit& out) {
    while (!held_.empty() && held_.begin()->first <= now) release_first(out);
  }
  void release_all(Emit& out) {
    while (!held_.empty()) release_first(out);
  }
  std::optional<Time> next() const {
    if (held_.empty()) return std::nullopt;
    return held_.begin()->first;
  }
  size_t size() const { return held_.size(); }
  uint64_t early() const { return early_; }  // packets that had to leave before their time

 private:
  struct Held {
    Packet packet;
    Direction toward;
  };
  void release_first(Emit& out) {
    auto first = held_.extract(held_.begin());
    out.send(std::move(first.mapped().packet), first.mapped().toward);
  }

  size_t limit_;
  std::multimap<Time, Held> held_;
  uint64_t early_ = 0;
};

}  // namespace gauntlet
