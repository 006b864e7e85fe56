// What may have been in flight when a capture began, ended or broke off: it is counted, not reported.
#pragma once
#include "judge/difference.hh"
#include "judge/flows.hh"
#include "judge/trace.hh"

namespace gauntlet {

class Edges {
 public:
  // `shared`: one clock stamped both captures. `edge`: how long a packet may be on its way.
  Edges(const Trace& client, const Trace& server, bool shared, Duration edge);

  // The two sides of one flow. One capture may just end earlier: it was stopped where its side still sends what goes on
  // from what both have. Where nothing comes from there any more, the path may have swallowed all.
  void went_on(const Flow& client, const Flow& server);
  // A packet on both sides, when it was sent and when it arrived.
  void matched(Way, Time sent, Time arrived);
  // One on one side only: `alone` says which way and, by its frames, which side. `opens`: nothing can have come before.
  // Ask when all that is on both sides was told.
  bool in_flight(const Difference& alone, Time time, bool opens) const;
  // Likewise, but only where the other side's capture is damaged.
  bool broken_off(const Difference& alone, Time time) const;
  // Until then both captures are whole, in the time of both.
  Time known() const { return known_; }
  bool damaged() const { return damaged_[0] || damaged_[1]; }

 private:
  struct Span {
    Time first = Time::max(), last = Time::min();
  };
  bool shared_;
  Duration edge_;
  bool damaged_[2];  // client's, server's side
  const Trace* traces_[2];
  Time ended_[2] = {Time::min(), Time::min()};  // the last frame of each
  Time first_ = Time::max(), last_ = Time::min();
  Time known_ = Time::max();
  Span matched_[2];                           // by Way
  Time met_[2] = {Time::min(), Time::min()};  // by side, in its own time: the last of what is on both
};

}  // namespace gauntlet
