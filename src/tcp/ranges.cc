#include "tcp/ranges.hh"

#include <algorithm>

namespace gauntlet {

std::vector<Range>::const_iterator RangeSet::first_behind(Position p) const {
  return std::partition_point(ranges_.begin(), ranges_.end(), [&](const Range& r) { return r.end <= p; });
}

Position RangeSet::add(Range r) {
  if (r.begin >= r.end) return 0;
  const Position fresh = r.size() - covered(r);
  // Everything that overlaps or touches becomes one.
  auto from = std::partition_point(ranges_.begin(), ranges_.end(), [&](const Range& x) { return x.end < r.begin; });
  auto to = from;
  for (; to != ranges_.end() && to->begin <= r.end; ++to) {
    r.begin = std::min(r.begin, to->begin);
    r.end = std::max(r.end, to->end);
  }
  if (from == to) {
    ranges_.insert(from, r);
  } else {
    *from = r;
    ranges_.erase(from + 1, to);
  }
  return fresh;
}

void RangeSet::remove_before(Position p) {
  ranges_.erase(ranges_.cbegin(), first_behind(p));
  if (!ranges_.empty()) ranges_.front().begin = std::max(ranges_.front().begin, p);
}

Position RangeSet::covered(Range within) const {
  Position sum = 0;
  for (auto r = first_behind(within.begin); r != ranges_.end() && r->begin < within.end; ++r) {
    sum += std::min(r->end, within.end) - std::max(r->begin, within.begin);
  }
  return sum;
}

const Range* RangeSet::at(Position p) const {
  const auto r = first_behind(p);
  return r != ranges_.end() && r->begin <= p ? &*r : nullptr;
}

std::optional<Range> RangeSet::gap(Position from, Position to) const {
  auto r = first_behind(from);
  for (; r != ranges_.end() && r->begin <= from; ++r) from = r->end;
  if (from >= to) return std::nullopt;
  return Range{from, r == ranges_.end() ? to : std::min(to, r->begin)};
}

}  // namespace gauntlet
