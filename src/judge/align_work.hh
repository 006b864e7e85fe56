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

void align_equal(AlignWork&);     // nothing differs; measures the clock's slack
void align_ranges(AlignWork&);    // same range (or same position and acknowledgement), something else differs
void align_chains(AlignWork&);    // same bytes, cut differently
void align_likeness(AlignWork&);  // whatever resembles most
void keep_order(AlignWork&);      // equal segments were interchangeable: those that stay in order are the likelier ones

}  // namespace gauntlet
