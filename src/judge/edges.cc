#include "judge/edges.hh"

#include <algorithm>

namespace gauntlet {

Edges::Edges(const Trace& client, const Trace& server, bool shared, Duration edge)
    : shared_(shared), edge_(edge), damaged_{!client.damage().empty(), !server.damage().empty()} {
  for (const Trace* t : {&client, &server}) {  // times only: the packets are not looked at
    for (const TracedFrame& f : t->frames()) {
      first_ = std::min(first_, f.time);
      last_ = std::max(last_, f.time);
    }
    // What follows the damage of one side cannot be missed there.
    if (!t->damage().empty()) known_ = std::min(known_, t->frames().empty() ? Time(0) : t->frames().back().time);
  }
  if (known_ != Time::max()) known_ -= edge_;
}

void Edges::matched(Way way, Time sent, Time arrived) {
  Span& span = matched_[index_of(way)];
  span.last = std::max(span.last, sent);
  span.first = std::min(span.first, arrived);
  const bool down = way == Way::c2s;
  met_[0] = std::max(met_[0], down ? sent : arrived);
  met_[1] = std::max(met_[1], down ? arrived : sent);
}

bool Edges::broken_off(const Difference& alone, Time time) const {
  if (shared_) return time > known_;
  const size_t side = alone.client.empty() ? 1 : 0;
  return damaged_[1 - side] && time + edge_ > met_[side];  // its own side's time is all there is
}

bool Edges::in_flight(const Difference& alone, Time time, bool opens) const {
  if (broken_off(alone, time)) return true;
  if (!shared_) return false;
  const Span& matched = matched_[index_of(alone.way)];
  const bool ends = alone.kind == "dropped" && time + edge_ > last_ && time > matched.last;
  const bool begins = alone.kind == "injected" && time < first_ + edge_ && time < matched.first && !opens;
  return ends || begins;
}

}  // namespace gauntlet
