// A box that holds packets in one queue (DueQueue, Holder): they leave when they are due, and at the end of the run.
#pragma once
#include <utility>

#include "path/middlebox.hh"

namespace gauntlet {

template <typename Queue>
class Holding : public Middlebox {
 public:
  std::optional<Time> next_tick() const final { return held_.next(); }
  void tick(Time now, Emit& out) final { held_.release_due(now, out); }
  void flush(Emit& out) final { held_.release_all(out); }

 protected:
  template <typename... Arguments>
  explicit Holding(Arguments&&... arguments) : held_(std::forward<Arguments>(arguments)...) {}

  Queue held_;
};

}  // namespace gauntlet
