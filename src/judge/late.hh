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
    const Where where{client, server, flow, way};
    if (took < least->second + longer_) return remember(where, took, example);
    tally(late_[where][took / step()], took, example);
  }
  void report(Differences& out) const;

 private:
  struct Seen {
    uint64_t count = 0;
    Duration took{};  // the least of them
    Difference example;
  };
  using Where = std::tuple<uint16_t, uint16_t, int64_t, Way>;
  using BySteps = std::map<Where, std::map<int64_t, Seen>>;
  Duration step() const { return longer_ / 4 + Duration(1); }  // times are told apart no finer
  template <typename Example>
  static void tally(Seen& seen, Duration took, Example& example) {
    if (seen.count++ == 0) seen.example = example(), seen.took = took;
    if (took < seen.took) seen.took = took;
  }
  // A quicker one may come yet. Mostly they take as long as the one before.
  template <typename Example>
  void remember(const Where& where, Duration took, Example& example) {
    const int64_t steps = took / step();
    if (!last_ || last_steps_ != steps || last_where_ != where) {
      last_ = &open_[where][steps];
      last_steps_ = steps;
      last_where_ = where;
    }
    tally(*last_, took, example);
  }
  Duration longer_;
  std::map<std::pair<uint16_t, uint16_t>, Duration> least_;
  BySteps late_;          // that took so much longer than the quickest until then
  BySteps open_;          // that did not
  Seen* last_ = nullptr;  // of open_
  int64_t last_steps_ = 0;
  Where last_where_;
};

}  // namespace gauntlet
