// How far the destination is, made sure of; and what is sent to get there.
#include "probe/collect.hh"
#include "probe/locate.hh"

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

void Collector::drop_last_run() {
  seen_.runs.pop_back();
  slots_.pop_back();
  unresolved_.pop_back();
}

void Collector::deliver(uint8_t ttl) {
  for (const ProbeRun& run : seen_.runs)
    if (ttl >= 1 && ttl <= run.sent.size()) transport_.send(run.sent[ttl - 1u]);
  transport_.flush();
}

}  // namespace gauntlet
