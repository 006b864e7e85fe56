// How much two flows have in common, for those that nothing names: a box took or changed it.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "judge/flow_index.hh"

namespace gauntlet {

// What can be said of a flow besides its addresses, for flows whose options a box took away.
struct Likeness {
  std::optional<uint32_t> isn[2];
  std::optional<uint32_t> timestamp;   // TSval of the first SYN
  std::optional<uint64_t> opening[2];  // hash of the payload at stream offset 0
};

Likeness likeness_of(const Trace&, const Flow&);
Values traits_of(const Likeness&, const Flow&);  // what it may share with others
// Above 0: more in common than different.
int score(const Likeness& x, const Likeness& y, const Flow& a, const Flow& b);

struct LikePair {  // flows of two sides, by their places there
  int score;
  uint32_t i, j;
};
// Of `candidates`, best first, those that make pairs; every flow is in one at most. Of flows that are all alike order
// says which is which, but not which of them is on one side only: that one began when none on the other side did.
std::vector<LikePair> likeliest(std::vector<LikePair> candidates, const std::vector<Flow>& a,
                                const std::vector<Flow>& b);

}  // namespace gauntlet
