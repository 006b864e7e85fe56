// A box's state for each TCP flow, by the flow table's ids: bounded as that table is, and new when an id is used again.
#pragma once
#include <cstdint>
#include <utility>
#include <vector>

#include "path/seen.hh"

namespace gauntlet {

template <typename T>
class PerFlow {
 public:
  // The state of the flow, made new when this is the first look at it. Valid until the next call.
  T& at(FlowId flow, const FlowFacts& facts) {
    if (flow >= slots_.size()) slots_.resize(flow + 1);
    Slot& slot = slots_[flow];
    if (slot.serial != facts.serial) slot = {facts.serial, T{}};
    return slot.value;
  }
  T& at(const Seen& seen) { return at(seen.flow, *seen.facts); }
  // For what a box does to a SYN and must go on doing: it stays when the flow's life began with a SYN of the last one.
  T& heir(const Seen& seen) {
    const FlowFacts& facts = *seen.facts;
    if (facts.heir_of != 0 && find(seen.flow, facts.heir_of) != nullptr) slots_[seen.flow].serial = facts.serial;
    return at(seen.flow, facts);
  }

  // Null when there is none for this life of the flow.
  T* find(FlowId flow, uint64_t serial) {
    return flow < slots_.size() && slots_[flow].serial == serial ? &slots_[flow].value : nullptr;
  }

 private:
  struct Slot {
    uint64_t serial = 0;
    T value{};
  };
  std::vector<Slot> slots_;
};

}  // namespace gauntlet
