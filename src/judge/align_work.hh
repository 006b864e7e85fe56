// The state the steps of an alignment share.
#pragma once
#include <vector>

#include "judge/align.hh"

namespace gauntlet {

struct AlignWork {
  AlignWork(const std::vector<Unit>& before, const std::vector<Unit>& behind, const Clock& the_clock)
      : u(before), d(behind), clock(the_clock), taken_u(u.size(), false), taken_d(d.size(), false) {}

  const std::vector<Unit>& u;
  const std::vector<Unit>& d;
  Clock clock;  // a step may be stricter than the comparison as a whole
  std::vector<bool> taken_u, taken_d;
  std::vector<Group> groups;

  bool possible(uint32_t i, uint32_t j) const { return clock.possible(u[i].time, d[j].time); }
  void take(Group g) {
    for (const uint32_t i : g.u) taken_u[i] = true;
    for (const uint32_t j : g.d) taken_d[j] = true;
    groups.push_back(std::move(g));
  }
};

void align_equal(AlignWork&);  // nothing differs; measures the clock's slack
// Gives back equal ones that may be pieces of a longer one, sent between their sending and arrival: both were cut then.
void give_back_pieces(AlignWork&);
void align_ranges(AlignWork&);    // same range (or same position and acknowledgement), something else differs
void align_chains(AlignWork&);    // same bytes, cut differently
void align_copies(AlignWork&);    // of bytes that passed before, in place of what brought some of them again
void align_likeness(AlignWork&);  // whatever resembles most
void keep_order(AlignWork&);      // equal segments were interchangeable: those that stay in order are the likelier ones

// By segment behind the box that is left: the last of those left before it that sounds like it and has bytes of it.
// UINT32_MAX: none, or without a common clock nobody can tell.
std::vector<uint32_t> askers(const AlignWork&);

}  // namespace gauntlet
