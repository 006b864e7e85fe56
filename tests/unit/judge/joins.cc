// How many joins the row allows, and baselines that actions make something else than preserved.
#include <gmock/gmock.h>

#include "cell.hh"

namespace gauntlet::test {
namespace {

using ::testing::Contains;
using ::testing::Not;

// Three conversations in which one subflow joins; the box passes them all but for what the plan declares.
struct Joined : ::testing::Test {
  CellFolder cell;
  void allow(const std::vector<unsigned>& joins) { cell.plan["expect"]["joins"] = joins; }
};

TEST_F(Joined, AsManyAsAllowedPass) {
  allow({0, 2});
  const Verdict v = cell.judge();
  EXPECT_EQ(v.level, Level::pass) << story(v);
}

TEST_F(Joined, AnotherNumberIsADeviationFromAMust) {
  allow({1});
  const Verdict v = cell.judge();
  EXPECT_EQ(v.level, Level::deviation) << story(v);
  EXPECT_THAT(reasons(v), Contains("joins"));
}

TEST_F(Joined, AnotherNumberIsLenientForAMay) {
  cell.expect({"preserved"}, "MAY");
  allow({1});
  EXPECT_EQ(cell.judge().level, Level::lenient);
}

TEST(Baseline, ThatIsNotWhatActionsMakeOfItIsAnError) {
  CellFolder cell;
  cell.plan["baseline"] = {"abort"};
  const Verdict v = cell.judge();
  EXPECT_EQ(v.level, Level::error) << story(v);
  EXPECT_THAT(reasons(v), Contains("baseline-unclean"));
}

TEST(Baseline, ThatActionsCutOffNeedNotBeComplete) {
  for (const bool allowed : {true, false}) {
    CellFolder cell;
    cell.ended("baseline", "failed", "reset");
    cell.server["baseline"]["eof"] = cell.client["baseline"]["eof"] = false;
    cell.server_received["baseline"].resize(1000);
    cell.server["baseline"]["received"] = 1000;
    if (allowed) cell.plan["baseline"] = {"abort"};
    const Verdict v = cell.judge();
    if (allowed)
      EXPECT_THAT(reasons(v), Not(Contains("baseline-unclean"))) << story(v);
    else
      EXPECT_THAT(reasons(v), Contains("baseline-unclean")) << story(v);
  }
}

}  // namespace
}  // namespace gauntlet::test
