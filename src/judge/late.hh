// Segments that took longer between two cuts than their like: `delayed`, where one clock stamped both.
#pragma once
#include <map>
#include <tuple>

#include "judge/difference.hh"
#include "util/time.hh"

namespace gauntlet {

// One record per flow, way and pair of interfaces: `count` segments took `longer` more than the quickest segment that
// crossed between these two interfaces, whichever way. A box that holds everything back alike, both ways, is not to be
// told from a longer path.
class LateTally {
 public:
  explicit LateTally(Duration longer) : longer_(longer) {}  // 0: nothing is looked for

  // `client`, `server`: the interfaces. `example()` gives the record should this one turn out to be late.
  template <typename Example>
  void add(uint16_t client, uint16_t server, int64_t flow, Way way, Duration took, Example example) {
    if (longer_ <= Duration(0)) return;
    const auto [least, fresh] = least_.try_emplace({client, server}, took);
    if (!fresh && took < least->second) least->second = took;
    if (took < least->second + longer_) return;
    Seen& seen = late_[{client, server, flow, way}][took / step()];
    if (seen.count++ == 0) seen.example = example(), seen.took = took;
  }
  void report(Differences& out) const;

 private:
  struct Seen {
    uint64_t count = 0;
    Duration took{};
    Difference example;
  };
  Duration step() const { return longer_ / 4 + Duration(1); }  // times are told apart no finer
  Duration longer_;
  std::map<std::pair<uint16_t, uint16_t>, Duration> least_;
  std::map<std::tuple<uint16_t, uint16_t, int64_t, Way>, std::map<int64_t, Seen>> late_;  // by steps
};

}  // namespace gauntlet
