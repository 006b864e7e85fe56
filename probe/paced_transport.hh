// A transport that never sends more than so many packets in any second, whoever uses it and for whatever target.
#pragma once
#include <deque>

#include "probe/transport.hh"

namespace gauntlet {

// Shared by all transports that obey one limit.
class SendBudget {
 public:
  explicit SendBudget(uint32_t in_any_second) : most_(in_any_second) {}
  Time free_at(Time now);  // when the next packet may leave; at most `now`: at once
  void spend(Time now) { sent_.push_back(now); }

 private:
  uint32_t most_;
  std::deque<Time> sent_;  // of the last second
};

class PacedTransport : public ProbeTransport {
 public:
  PacedTransport(ProbeTransport& inner, SendBudget& budget) : inner_(inner), budget_(budget) {}
  Time now() override { return inner_.now(); }
  void pace() override;  // waits; what comes in meanwhile keeps its time
  void send(ConstBytes packet) override;
  void flush() override { inner_.flush(); }
  std::optional<Arrival> receive(Time deadline) override;
  uint64_t overruns() const override { return inner_.overruns(); }
  uint16_t reserve_port(uint8_t proto) override { return inner_.reserve_port(proto); }
  uint64_t random() override { return inner_.random(); }

 private:
  ProbeTransport& inner_;
  SendBudget& budget_;
  std::deque<Arrival> waiting_;
};

}  // namespace gauntlet
