#include "util/number_list.hh"

#include <gmock/gmock.h>

#include "util/error.hh"

namespace gauntlet {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(NumberList, NumbersJoinedByPlus) {
  EXPECT_THAT(number_list("", 1, 9, "x"), IsEmpty());
  EXPECT_THAT(number_list("7", 1, 9, "x"), ElementsAre(7));
  EXPECT_THAT(number_list("1+9+1", 1, 9, "x"), ElementsAre(1, 9, 1));
  EXPECT_THAT(number_list("4294967295", 0, UINT32_MAX, "x"), ElementsAre(UINT32_MAX));
}

TEST(NumberList, AnythingElseIsRefused) {
  for (const char* bad : {"0", "10", "a", "1+", "+1", "1++2", "1 +2", "-1", "4294967296", "1,2"}) {
    try {
      number_list(bad, 1, 9, "box: port=");
      ADD_FAILURE() << bad;
    } catch (const UsageError& e) {
      EXPECT_THAT(e.what(), testing::HasSubstr("box: port= wants numbers from 1 to 9")) << bad;
    }
  }
}

}  // namespace
}  // namespace gauntlet
