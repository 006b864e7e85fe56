#include "judge/edges.hh"

#include <algorithm>

namespace gauntlet {

Edges::Edges(const Trace& client, const Trace& server, bool shared, Duration edge)
    : shared_(shared),
      edge_(edge),
      damaged_{!client.damage().empty(), !server.damage().empty()},
      traces_{&client, &server} {
  for (const Trace* t : traces_) {  // times only: the packets are not looked at
    for (const TracedFrame& f : t->frames()) {
      first_ = std::min(first_, f.time);
      last_ = std::max(last_, f.time);
    }
    if (!t->frames().empty()) ended_[t == &server ? 1 : 0] = t->frames().back().time;
    // What follows the damage of one side cannot be missed there.
    if (!t->damage().empty()) known_ = std::min(known_, t->frames().empty() ? Time(0) : t->frames().back().time);
  }
  if (known_ != Time::max()) known_ -= edge_;
}

void Edges::went_on(const Flow& client, const Flow& server) {
  const size_t stopped = ended_[0] < ended_[1] ? 0 : 1;  // if any was
  if (!shared_ || ended_[1 - stopped] - ended_[stopped] <= edge_) return;
  const Way away = stopped == 0 ? Way::c2s : Way::s2c;
  const Half &had = (stopped == 0 ? client : server).half(away), &more = (stopped == 0 ? server : client).half(away);
  if (had.segments.empty()) return;
  int64_t end = INT64_MIN, ack = INT64_MIN;
  for (const FlowSegment& s : had.segments) end = std::max(end, s.end()), ack = std::max(ack, s.ack);
  const bool on = std::any_of(more.segments.rbegin(), more.segments.rend(), [&](const FlowSegment& s) {
    return traces_[1 - stopped]->frames()[s.frame].time > ended_[stopped] + edge_ && (s.end() > end || s.ack > ack);
  });
  if (on) known_ = std::min(known_, ended_[stopped] - edge_);
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
