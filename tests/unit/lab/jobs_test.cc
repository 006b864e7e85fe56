#include "lab/jobs.hh"

#include <gtest/gtest.h>

namespace gauntlet {
namespace {

TEST(Jobs, three_per_core_unless_memory_is_short) {
  constexpr uint64_t kGb = 1ull << 30;
  EXPECT_EQ(jobs_for(2, 16 * kGb), 8u);
  EXPECT_EQ(jobs_for(64, 256 * kGb), 256u);
  EXPECT_EQ(jobs_for(64, 2 * kGb), 21u);  // 2048 / 96
  EXPECT_EQ(jobs_for(2, 0), 1u);
  EXPECT_EQ(jobs_for(0, 16 * kGb), 4u);  // a machine that does not say how many
  EXPECT_GE(jobs_here(), 1u);
}

}  // namespace
}  // namespace gauntlet
