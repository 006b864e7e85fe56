#include "probe/follow.hh"

namespace gauntlet {
namespace {

constexpr Duration kTurn = std::chrono::milliseconds(2), kIdle = std::chrono::milliseconds(50);

}  // namespace

void follow(ProbeTransport& transport, ShadowProber& shadow, const FollowWatch& watch) {
  Time end = Time::max();
  for (;;) {
    const Time now = transport.now();
    while (const auto copy = shadow.next(now)) {
      transport.send(*copy);
      shadow.left_by(transport.now());
    }
    const bool busy = shadow.busy(now);
    if (end == Time::max() && watch.ended()) {
      end = now + watch.linger;
      shadow.ended();
      continue;
    }
    if ((end != Time::max() || (watch.closing_ends && shadow.closed())) && (!busy || now >= end)) return;
    transport.receive(now + (busy ? kTurn : kIdle));
  }
}

}  // namespace gauntlet
