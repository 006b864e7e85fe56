// TTL and hop limit: routers between two cuts lower them by one each, so every packet from one interface to another
// loses the same; whatever loses another number, or gains, was edited.
#pragma once
#include <map>
#include <tuple>

#include "judge/difference.hh"

namespace gauntlet {

class TtlTally {
 public:
  // `example()` is the record to emit, should this packet turn out to be edited.
  template <typename Example>
  void add(uint16_t from, uint16_t to, Way way, uint8_t before, uint8_t after, Example example) {
    Seen& seen = deltas_[{from, to, way}][int{after} - int{before}];
    if (seen.count++ == 0) seen.example = example();
  }
  void report(Differences& out) const;

 private:
  struct Seen {
    uint64_t count = 0;
    Difference example;
  };
  std::map<std::tuple<uint16_t, uint16_t, Way>, std::map<int, Seen>>
      deltas_;  // by interfaces and way: change -> how often
};

}  // namespace gauntlet
