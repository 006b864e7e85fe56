// The two queues of boxes that hold packets: in which order and when these leave, and that neither grows without bound.
#include <gmock/gmock.h>

#include "path/due_queue.hh"
#include "path/holder.hh"

namespace gauntlet {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

struct Sizes final : Emit {
  void send(Packet p, Direction) override { sent.push_back(p.size()); }
  std::vector<size_t> take() { return std::exchange(sent, {}); }
  std::vector<size_t> sent;
};

Packet of_size(size_t n) { return Packet(std::vector<uint8_t>(n)); }

TEST(DueQueue, ByTimeAndThenInOrder) {
  DueQueue queue;
  Sizes out;
  queue.hold(of_size(1), Direction::to_server, milliseconds(5), out);
  queue.hold(of_size(2), Direction::to_server, milliseconds(3), out);
  queue.hold(of_size(3), Direction::to_client, milliseconds(5), out);
  EXPECT_EQ(queue.next(), Time(milliseconds(3)));
  queue.release_due(milliseconds(2), out);
  EXPECT_THAT(out.take(), IsEmpty());
  queue.release_due(milliseconds(5), out);
  EXPECT_THAT(out.take(), ElementsAre(2, 1, 3));
  EXPECT_EQ(queue.next(), std::nullopt);
}

TEST(DueQueue, PastItsLimitTheFirstLeavesEarly) {
  DueQueue queue(2);
  Sizes out;
  for (size_t n : {1, 2, 3, 4}) queue.hold(of_size(n), Direction::to_server, milliseconds(10 - n), out);
  EXPECT_THAT(out.take(), ElementsAre(3, 4)) << "due first: each as it came";
  EXPECT_EQ(queue.early(), 2u);
  queue.release_all(out);
  EXPECT_THAT(out.take(), ElementsAre(2, 1));
}

TEST(Holder, TicketsNameWhatIsHeld) {
  Holder holder(milliseconds(10));
  Sizes out;
  Seen seen;
  const uint64_t one = holder.hold(of_size(1), seen, out), two = holder.hold(of_size(2), seen, out);
  EXPECT_EQ(holder.find(0), nullptr);
  ASSERT_NE(holder.find(two), nullptr);
  holder.release(two, out);
  EXPECT_EQ(holder.find(two), nullptr);
  EXPECT_THAT(out.take(), ElementsAre(2));
  holder.release_due(milliseconds(9), out);
  EXPECT_THAT(out.take(), IsEmpty());
  holder.release_due(milliseconds(10), out);
  EXPECT_THAT(out.take(), ElementsAre(1));
  EXPECT_EQ(holder.find(one), nullptr);
}

TEST(Holder, PastItsLimitTheOldestLeavesEarly) {
  Holder holder(std::chrono::hours(1));
  Sizes out;
  const Seen seen;
  const uint64_t oldest = holder.hold(of_size(7), seen, out);
  for (size_t i = 1; i < Holder::kLimit; ++i) holder.hold(of_size(1), seen, out);
  EXPECT_THAT(out.take(), IsEmpty());
  const uint64_t newest = holder.hold(of_size(1), seen, out);
  EXPECT_THAT(out.take(), ElementsAre(7));
  EXPECT_EQ(holder.find(oldest), nullptr);
  EXPECT_NE(holder.find(newest), nullptr);
}

}  // namespace
}  // namespace gauntlet
