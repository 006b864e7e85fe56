// Which segments before a box became which segments behind it, for one direction of one flow.
//
// Aligned by stream range, not packet by packet: equal segments first, then those with equal ranges, then chains (one
// segment cut in several, several made one, other cuts), then the rest by likeness. Retransmissions are told apart by
// content, order and, where both captures used one clock, by time.
#pragma once
#include <cstdint>
#include <vector>

#include "judge/unit.hh"

namespace gauntlet {

struct Group {  // indexes of segments on the two sides, ascending
  std::vector<uint32_t> u, d;
};

struct Alignment {
  std::vector<Group> groups;  // in order of their first segment behind the box
  std::vector<uint32_t> only_u, only_d;
  std::vector<uint32_t> reordered;  // indexes of groups that were overtaken
};

struct Clock {
  bool shared = true;                             // both captures' time stamps come from one clock
  Duration slack = std::chrono::milliseconds(1);  // a frame may seem to arrive this much before it was sent
  Duration longest = std::chrono::seconds(60);    // and at most this much after
  bool possible(Time sent, Time arrived) const {
    return !shared || (arrived + slack >= sent && arrived <= sent + longest);
  }
};

// The groups of these units, under their places in the two lists; `only_` and `reordered` follow from them.
std::vector<Group> align(const std::vector<Unit>& u, const std::vector<Unit>& d, const Clock& clock);
// Indexes of groups outside a longest run of groups that kept their order: the fewest that must have been overtaken.
std::vector<uint32_t> out_of_order(const std::vector<Group>& groups);

}  // namespace gauntlet
