#include "probe/follow.hh"

namespace gauntlet {
namespace {

constexpr Duration kTurn = std::chrono::milliseconds(2), kIdle = std::chrono::milliseconds(50);
constexpr size_t kMostLate = 256;  // packets looked at that came after it was asked

// A connection may be over before this process got to run again: what has come by now is looked at. Beside a flood
// there is always more.
void catch_up(ProbeTransport& transport) {
  const Time asked = transport.now();
  for (size_t late = 0; late < kMostLate;) {
    const auto arrival = transport.receive(asked);
    if (!arrival) return;
    late += arrival->at > asked ? 1 : 0;
  }
}

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
      catch_up(transport);
      end = now + watch.linger;
      shadow.ended();
      continue;
    }
    if ((end != Time::max() || (watch.closing_ends && shadow.closed())) && (!busy || now >= end)) return;
    transport.receive(now + (busy ? kTurn : kIdle));
  }
}

}  // namespace gauntlet
