#include "path/trigger.hh"

namespace gauntlet {

Trigger::Trigger(const Params& p) : when_(classes_named(p.text("when"))) {
  const std::string& dir = p.text("dir");
  ways_[0] = dir != "s2c";
  ways_[1] = dir != "c2s";
  const std::string& path = p.text("path");
  if (path == "p1") only_ = Role::capable;
  if (path == "p2") only_ = Role::join;
  const auto nth = static_cast<uint64_t>(p.number("nth")), after = static_cast<uint64_t>(p.number("after"));
  const auto count = static_cast<uint64_t>(p.number("count"));
  first_ = after + (nth == 0 ? 1 : nth);
  behind_ = count != 0 ? first_ + count : nth != 0 ? first_ + 1 : UINT64_MAX;
  counts_ = first_ != 1 || behind_ != UINT64_MAX;
}

bool Trigger::matches(const Seen& s) const {
  if (!ways_[static_cast<size_t>(s.toward)] || (s.classes & when_) == 0) return false;
  return only_ == Role::none || s.role == only_ || s.role == Role::tcp || s.role == Role::none;
}

bool Trigger::selects(const Seen& s) {
  if (!matches(s)) return false;
  if (!counts_) return true;
  auto& counters = s.flow == kNoFlow ? flowless_ : seen_.at(s);
  const uint64_t n = ++counters[static_cast<size_t>(s.toward)];
  return first_ <= n && n < behind_;
}

}  // namespace gauntlet
