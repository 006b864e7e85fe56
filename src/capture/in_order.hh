// Frames of several sources, each in its own order, in the order of their times: a frame waits until a later one by
// `patience` has come, or until too many wait. Those of the same time leave in the order they came.
#pragma once
#include <cstddef>
#include <functional>
#include <map>
#include <vector>

#include "util/time.hh"
#include "wire/bytes.hh"

namespace gauntlet {

class InOrder {
 public:
  static constexpr size_t kMost = 4096;  // frames
  using Out = std::function<void(Time, ConstBytes)>;

  InOrder(Duration patience, Out out) : patience_(patience), out_(std::move(out)) {}

  void frame(Time time, ConstBytes bytes) {
    waiting_.emplace(time, std::vector<uint8_t>(bytes.begin(), bytes.end()));
    while (waiting_.size() > kMost || waiting_.begin()->first + patience_ < waiting_.rbegin()->first) first_leaves();
  }
  void all_leave() {
    while (!waiting_.empty()) first_leaves();
  }

 private:
  void first_leaves() {
    const auto first = waiting_.extract(waiting_.begin());
    out_(first.key(), first.mapped());
  }

  Duration patience_;
  Out out_;
  std::multimap<Time, std::vector<uint8_t>> waiting_;
};

}  // namespace gauntlet
