#include "probe/paced_transport.hh"

namespace gauntlet {
namespace {

constexpr size_t kMostWaiting = 8192;  // packets kept while waiting; a flood costs no more memory

}  // namespace

Time SendBudget::free_at(Time now) {
  constexpr Duration kSecond = std::chrono::seconds(1);
  while (!sent_.empty() && now - sent_.front() >= kSecond) sent_.pop_front();
  return sent_.size() < most_ ? now : sent_[sent_.size() - most_] + kSecond;
}

void PacedTransport::pace() {
  for (;;) {
    const Time now = inner_.now(), free = budget_.free_at(now);
    if (free <= now) return;
    auto arrival = inner_.receive(free);
    if (arrival && waiting_.size() < kMostWaiting) waiting_.push_back(std::move(*arrival));
  }
}

void PacedTransport::send(ConstBytes packet) {
  pace();
  budget_.spend(inner_.now());
  inner_.send(packet);
}

std::optional<Arrival> PacedTransport::receive(Time deadline) {
  if (waiting_.empty()) return inner_.receive(deadline);
  Arrival first = std::move(waiting_.front());
  waiting_.pop_front();
  return first;
}

}  // namespace gauntlet
