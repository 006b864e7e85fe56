// Shadow probing over a live transport: watches until told to stop, sends what the shadow wants sent, waits for the
// last answers.
#pragma once
#include <functional>

#include "probe/shadow.hh"
#include "probe/transport.hh"

namespace gauntlet {

struct FollowWatch {
  std::function<bool()> ended;  // no more packets of interest are to be expected; asked several times a second
  bool closing_ends = true;     // so does that every connection seen has closed: no other is expected
  Duration linger = std::chrono::seconds(5);  // afterwards, for copies and answers still due
};

// `transport` hands every packet that leaves or comes in to `shadow` itself (RawTransport's frame callback).
void follow(ProbeTransport& transport, ShadowProber& shadow, const FollowWatch& watch);

}  // namespace gauntlet
