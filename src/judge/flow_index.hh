// Flows under the values that identify them, so that only those with something in common are compared.
#pragma once
#include <cstdint>
#include <span>
#include <type_traits>
#include <unordered_map>
#include <vector>

#include "judge/flows.hh"
#include "util/rng.hh"

namespace gauntlet {

// Flows of one side under what identifies them. Each has several values, and a value may stand for several flows: in
// an attack, or where one program says the same to one server a thousand times, for all of them.
class FlowIndex {
 public:
  void add(uint64_t value, size_t flow) { runs_[value].flows.push_back(static_cast<uint32_t>(flow)); }

  // Those with this value from the first one on that has no mate; each with a mate is passed over once.
  template <typename Mated>
  std::span<const uint32_t> open(uint64_t value, Mated mated) {
    const auto it = runs_.find(value);
    if (it == runs_.end()) return {};
    Run& run = it->second;
    while (run.first < run.flows.size() && mated(run.flows[run.first])) ++run.first;
    return std::span(run.flows).subspan(run.first);
  }
  std::span<const uint32_t> all(uint64_t value) const {
    const auto it = runs_.find(value);
    return it == runs_.end() ? std::span<const uint32_t>() : std::span(it->second.flows);
  }

 private:
  struct Run {
    std::vector<uint32_t> flows;  // in order
    size_t first = 0;
  };
  std::unordered_map<uint64_t, Run> runs_;
};

// `what` keeps values of different meaning apart.
template <typename T>
uint64_t value_of(const char* what, const T& x) {
  static_assert(std::has_unique_object_representations_v<T>);
  return hash64({reinterpret_cast<const char*>(&x), sizeof x}, hash64(what));
}
inline uint64_t value_of(const char* what, const FlowAddress& a) {
  const uint64_t host = hash64({reinterpret_cast<const char*>(a.bytes.data()), a.bytes.size()}, hash64(what));
  return value_of("port", host ^ a.port);
}

using Values = std::vector<uint64_t>;

}  // namespace gauntlet
