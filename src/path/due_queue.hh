// Holds packets, each until a time of its own, and lets them go by that time; those due at once in the order they came.
#pragma once
#include <map>
#include <optional>
#include <utility>

#include "path/middlebox.hh"

namespace gauntlet {

class DueQueue {
 public:
  void hold(Packet p, Direction toward, Time due) {
    p.keep();
    held_.emplace(due, Held{std::move(p), toward});
  }
  void release_due(Time now, Emit& out) {
    while (!held_.empty() && held_.begin()->first <= now) release_first(out);
  }
  void release_all(Emit& out) {
    while (!held_.empty()) release_first(out);
  }
  void release_first(Emit& out) {
    auto first = held_.extract(held_.begin());
    out.send(std::move(first.mapped().packet), first.mapped().toward);
  }
  std::optional<Time> next() const {
    if (held_.empty()) return std::nullopt;
    return held_.begin()->first;
  }
  size_t size() const { return held_.size(); }

 private:
  struct Held {
    Packet packet;
    Direction toward;
  };
  std::multimap<Time, Held> held_;
};

}  // namespace gauntlet
