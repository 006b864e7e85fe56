// How far the destination is, made sure of; and what is sent to get there.
#include "probe/collect.hh"
#include "probe/locate.hh"
#include "wire/layout.hh"

namespace gauntlet {

// Where packets overtake each other, or the router in front of the destination keeps silent, the first answer may be to
// a TTL that was larger than it had to be: a SYN of its own says.
void Collector::verify_distance() {
  static const ProbeSpec syn = parse_spec("syn/mss=1460/sack-ok/ts/nop/ws=7");
  while (distance_ > 1 && !hop_answers(static_cast<uint8_t>(distance_ - 1))) {
    const auto nearer = static_cast<uint8_t>(distance_ - 1);
    const size_t run = add({"distance", syn}, new_flow(syn));
    current_run_ = run;
    current_ttl_ = nearer;
    for (int tries = 0; tries < 2 && !slots_[run][nearer].answered; ++tries) {
      send(run, nearer);
      settle(true);
    }
    current_ttl_ = 0;
    if (distance_of(seen_.runs[run], seen_.destination) == nearer) continue;
    drop_last_run();
    return;
  }
}

// The control is asked again before it says that the host is farther away than TCP's answers: errors get lost, too, and
// hosts limit them.
void Collector::verify_control() {
  constexpr int kSure = 5;
  for (size_t i = 0; i < seen_.runs.size(); ++i) {
    if (seen_.runs[i].spec.proto != kProtoUdp || distance_ == 0) continue;
    const auto farther = [&] { return distance_of(seen_.runs[i], seen_.destination) > distance_; };
    for (int tries = 0; tries < kSure && farther() && !slots_[i][distance_].answered; ++tries) ask_alone(i, distance_);
  }
}

// One probe on its way and no other.
void Collector::ask_alone(size_t run, uint8_t ttl) {
  current_run_ = run;
  current_ttl_ = ttl;
  send(run, ttl);
  settle(true);
  current_ttl_ = 0;
}

// The answers to all but those that must be asked alone are still to be waited for.
void Collector::ask_each(size_t run, const std::vector<uint8_t>& ttls) {
  for (const uint8_t ttl : ttls)
    if (vague_at(ttl)) ask_alone(run, ttl);
  for (const uint8_t ttl : ttls)
    if (!vague_at(ttl)) send(run, ttl);
}

void Collector::drop_last_run() {
  seen_.runs.pop_back();
  slots_.pop_back();
  unresolved_.pop_back();
}

void Collector::deliver(uint8_t ttl) {
  for (size_t i = 0; i < seen_.runs.size(); ++i)
    if (ttl >= 1 && ttl <= seen_.runs[i].sent.size()) {
      count(i, ttl);
      transport_.send(seen_.runs[i].sent[ttl - 1u]);
    }
  transport_.flush();
}

}  // namespace gauntlet
