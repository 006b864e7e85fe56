// Two real TCP endpoints with a box between them, in virtual time, through a path that loses, doubles, damages and
// reorders in front of the box and behind it: the declared bytes arrive, both ways, whatever the seed. Then chains of
// boxes.
#include <gtest/gtest.h>

#include <algorithm>

#include "middleboxes/registry.hh"
#include "specs.hh"
#include "stream_round.hh"
#include "stream_specs.hh"
#include "util/rng.hh"

namespace gauntlet {
namespace {

class Streams : public testing::TestWithParam<std::string> {};

TEST_P(Streams, AllBytesArriveBothWays) {
  for (uint64_t seed = 1; seed <= 25 && !HasFailure(); ++seed) stream_round({GetParam()}, seed);
}

// Boxes that edit what they find: grown, shrunk, deleted and of the same length, in weather that loses and reorders
// before and behind them. What the box met out of order it may leave alone, but not half.
TEST(Edits, ArriveWholeOrNotAtAll) {
  for (const Edited& row : kEditStreams) {
    size_t made = 0;
    for (uint64_t seed = 1; seed <= 25 && !HasFailure(); ++seed)
      made += edited_round(row.spec, row.text, row.becomes, seed);
    EXPECT_GT(made, 10u) << row.spec << ": or nothing was tested";
  }
}

TEST(Edits, ACutLeavesNoGapAndTakesNothingElse) {
  int made = 0;
  for (uint64_t seed = 1; seed <= 25 && !HasFailure(); ++seed) {
    made += cut_round("cut:bytes=4,nth=5,dir=c2s", 4, seed);
    made += cut_round("cut:bytes=7,from=back,nth=9,dir=c2s", 7, seed);
  }
  EXPECT_GT(made, 25) << "or nothing was tested";
}

TEST(Edits, AChangeInPlaceChangesNothingElse) {
  int swapped = 0, flipped = 0;
  for (uint64_t seed = 1; seed <= 25 && !HasFailure(); ++seed) {
    swapped += changed_round("swap:first=0,second=3,nth=4,dir=c2s", 8, seed);
    flipped += changed_round("edit:xor=ff00ff,nth=4,dir=c2s", 3, seed);
    EXPECT_TRUE(changed_round("edit:xor=01,offset=5000,dir=c2s", 1, seed));
  }
  EXPECT_GT(swapped, 12);
  EXPECT_GT(flipped, 12);
}

TEST(Streams, NoBoxIsForgotten) {
  for (const BoxEntry& box : boxes()) {
    const std::string& name = box.schema.name;
    const bool keeps = std::ranges::any_of(
        kKeepStreams, [&](const std::string& spec) { return spec.substr(0, spec.find(':')) == name; });
    const bool changes = std::ranges::any_of(kChangeStreams, [&](const NoStream& n) { return n.box == name; });
    EXPECT_NE(keeps, changes) << name << ": one of the two lists of stream_specs.hh";
  }
}

// A box of an earlier and one of a later place, drawn from the seed: what each does alone, a chain does too.
TEST(Chains, AllBytesArriveThroughTwoOrThreeBoxes) {
  for (uint64_t seed = 1; seed <= 200 && !HasFailure(); ++seed) {
    Rng rng(seed);
    std::vector<std::string> specs;
    for (size_t n = 2 + rng.below(2); specs.size() < n;)
      specs.push_back(kKeepStreams[rng.below(std::size(kKeepStreams))]);
    stream_round(specs, seed);
  }
}

std::string row_name(const testing::TestParamInfo<std::string>& row) { return name_of_spec(row.index, row.param); }
INSTANTIATE_TEST_SUITE_P(Boxes, Streams, testing::ValuesIn(kKeepStreams), row_name);

}  // namespace
}  // namespace gauntlet
