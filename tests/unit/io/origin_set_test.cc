// Which packets did not leave at once: remembered until they leave, or until their place is needed.
#include "io/origin_set.hh"

#include <gtest/gtest.h>

namespace gauntlet {
namespace {

TEST(OriginSet, RemembersUntilItIsAsked) {
  OriginSet set;
  for (Packet::Origin o = 1; o <= 200; ++o) {
    set.reuse(o);
    if (o % 3 == 0) set.insert(o);
  }
  for (Packet::Origin o = 1; o <= 200; ++o) EXPECT_EQ(set.erase(o), o % 3 == 0) << o;
  EXPECT_FALSE(set.erase(3));
}

TEST(OriginSet, KnowsNothingOfWhatNeverCame) {
  OriginSet set;
  EXPECT_FALSE(set.erase(0));
  EXPECT_FALSE(set.erase(Packet::kNoOrigin));
  set.reuse(1);
  set.insert(1);
  set.clear();
  EXPECT_FALSE(set.erase(1));
}

TEST(OriginSet, TheOldestIsForgottenFirst) {
  OriginSet set;
  for (const Packet::Origin o : {0u, 1u}) {
    set.reuse(o);
    set.insert(o);
  }
  set.reuse(OriginSet::kRemembered);  // has the place of 0
  EXPECT_FALSE(set.erase(0));
  EXPECT_TRUE(set.erase(1));
}

}  // namespace
}  // namespace gauntlet
