// What an endpoint may write when: the preface line by line, then the load.
#include "io/endpoint_schedule.hh"

#include <gtest/gtest.h>

namespace gauntlet {
namespace {

EndpointPlan plan_with_preface(EndpointLoad load) {
  EndpointPlan p;
  p.up = 3000;
  p.load = load;
  p.preface_up = "USER x\r\nPORT 1,2\r\n";  // 8 and 10 bytes
  return p;
}

TEST(SendSchedule, paced_preface_is_a_write_per_line_a_tick_apart) {
  SendSchedule s(plan_with_preface(EndpointLoad::paced));
  EXPECT_EQ(s.total(), 3018u);
  EXPECT_EQ(s.next(0), 0u) << "no tick yet";
  s.tick();
  EXPECT_EQ(s.next(0), 8u);
  s.wrote(5);
  EXPECT_EQ(s.next(0), 3u) << "the rest of a line needs no tick";
  s.wrote(3);
  EXPECT_EQ(s.next(0), 0u);
  s.tick();
  EXPECT_EQ(s.next(0), 10u);
  s.wrote(10);
  EXPECT_EQ(s.next(0), 0u);
  for (int i = 0; i < 3; ++i) {
    s.tick();
    EXPECT_EQ(s.next(0), 1000u);
    s.wrote(1000);
  }
  EXPECT_TRUE(s.done());
}

TEST(SendSchedule, bulk_sends_its_lines_at_once_and_apart) {
  SendSchedule s(plan_with_preface(EndpointLoad::bulk));
  EXPECT_EQ(s.next(0), 8u);
  s.wrote(8);
  EXPECT_EQ(s.next(0), 10u);
  s.wrote(10);
  EXPECT_EQ(s.next(0), 3000u);
}

TEST(SendSchedule, the_preface_goes_ahead_of_the_subflows) {
  EndpointPlan p = plan_with_preface(EndpointLoad::paced);
  p.subflows = 2;
  SendSchedule s(p);
  s.tick();
  EXPECT_EQ(s.next(0), 8u);
  s.wrote(8);
  s.tick();
  s.wrote(s.next(0));
  EXPECT_EQ(s.sent(), 18u);
  EXPECT_EQ(s.next(0), 982u) << "the rest of the first 1000 bytes";
}

TEST(SendSchedule, the_server_has_no_preface_of_its_own) {
  EndpointPlan p = plan_with_preface(EndpointLoad::bulk);
  p.server = true, p.down = 500;
  SendSchedule s(p);
  EXPECT_EQ(s.total(), 500u);
  EXPECT_EQ(s.next(0), 500u);
}

}  // namespace
}  // namespace gauntlet
