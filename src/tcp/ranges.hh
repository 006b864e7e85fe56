// A set of positions, kept as sorted ranges that neither overlap nor touch: what was received out of order, what was
// selectively acknowledged, what a box has seen.
#pragma once
#include <optional>
#include <vector>

#include "tcp/sequence.hh"

namespace gauntlet {

struct Range {
  Position begin = 0, end = 0;  // end is not in it
  Position size() const { return end - begin; }
  bool operator==(const Range&) const = default;
};

class RangeSet {
 public:
  Position add(Range);           // how many positions were new
  void remove_before(Position);  // forgets everything below
  void clear() { ranges_.clear(); }

  bool empty() const { return ranges_.empty(); }
  size_t count() const { return ranges_.size(); }
  Position covered(Range within) const;
  const Range* at(Position) const;  // the range that holds it; null when none does
  // The first range of positions from `from` on, below `to`, that is not in the set; nothing when there is none.
  std::optional<Range> gap(Position from, Position to) const;
  const std::vector<Range>& all() const { return ranges_; }

 private:
  std::vector<Range>::const_iterator first_behind(Position) const;  // the first range that ends behind it
  std::vector<Range> ranges_;
};

}  // namespace gauntlet
