// Frames of two sources become one row, by their times.
#include "capture/in_order.hh"

#include <gmock/gmock.h>

namespace gauntlet {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;

struct InOrderTest : testing::Test {
  void came(int ms, uint8_t byte) { order.frame(milliseconds(ms), ConstBytes(&byte, 1)); }
  std::vector<std::pair<int64_t, int>> left;  // milliseconds, byte
  InOrder order{milliseconds(100), [this](Time t, ConstBytes b) { left.emplace_back(t.count() / 1'000'000, b[0]); }};
};

TEST_F(InOrderTest, AnOlderOneThatIsReadLaterStandsBefore) {
  came(10, 1);
  came(30, 2);
  came(20, 3);
  EXPECT_TRUE(left.empty());
  order.all_leave();
  EXPECT_THAT(left, ElementsAre(std::pair(10, 1), std::pair(20, 3), std::pair(30, 2)));
}

TEST_F(InOrderTest, LeavesOnceALaterOneHasCome) {
  came(10, 1);
  came(110, 2);
  EXPECT_TRUE(left.empty());
  came(111, 3);
  EXPECT_THAT(left, ElementsAre(std::pair(10, 1)));
}

TEST_F(InOrderTest, TheSameTimeKeepsTheOrderOfArrival) {
  for (const uint8_t byte : {uint8_t{5}, uint8_t{3}, uint8_t{4}}) came(10, byte);
  order.all_leave();
  EXPECT_THAT(left, ElementsAre(std::pair(10, 5), std::pair(10, 3), std::pair(10, 4)));
}

TEST_F(InOrderTest, KeepsNoMoreThanItsLimit) {
  for (size_t i = 0; i <= InOrder::kMost; ++i) came(10, static_cast<uint8_t>(i));
  EXPECT_THAT(left, ElementsAre(std::pair(10, 0)));
}

}  // namespace
}  // namespace gauntlet
