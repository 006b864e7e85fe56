// The one wrapper for dir, when, nth, after, count and path. It counts per TCP flow and direction, over the packets
// that match dir, when and path; packets of no flow (UDP, ICMP) count together.
#pragma once
#include <array>
#include <cstdint>

#include "path/per_flow.hh"
#include "path/seen.hh"
#include "util/box_schema.hh"

namespace gauntlet {

class Trigger {
 public:
  explicit Trigger(const Params&);
  bool selects(const Seen&);  // once per packet: it counts

 private:
  bool matches(const Seen&) const;

  bool ways_[2];  // by Direction
  Classes when_;
  Role only_ = Role::none;   // none: all paths
  uint64_t first_, behind_;  // selected: first_ <= n < behind_
  bool counts_;
  PerFlow<std::array<uint64_t, 2>> seen_;
  std::array<uint64_t, 2> flowless_{};
};

}  // namespace gauntlet
