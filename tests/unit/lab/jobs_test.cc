#include "lab/jobs.hh"

#include <gtest/gtest.h>

namespace gauntlet {
namespace {

TEST(Jobs, SixPerCoreUnlessMemoryIsShort) {
  constexpr uint64_t kGb = 1ull << 30;
  EXPECT_EQ(jobs_for(2, 16 * kGb), 12u);
  EXPECT_EQ(jobs_for(64, 256 * kGb), 384u);
  EXPECT_EQ(jobs_for(64, 2 * kGb), 21u);  // 2048 / 96
  EXPECT_EQ(jobs_for(2, 0), 1u);
  EXPECT_EQ(jobs_for(0, 16 * kGb), 6u);  // a machine that does not say how many
  EXPECT_GE(jobs_here(), 1u);
}

}  // namespace
}  // namespace gauntlet
