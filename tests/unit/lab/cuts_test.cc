#include "lab/cuts.hh"

#include <gmock/gmock.h>

#include "lab/queue_rules.hh"

namespace gauntlet {
namespace {

using testing::ElementsAre;
using Cut = std::vector<std::string>;

TEST(Cuts, WithoutABoxTheClientIsComparedWithTheServer) {
  const Topology t = two_paths(false, 2);
  EXPECT_THAT(cuts_around(t, {}).cuts, ElementsAre(Cut{"c-p1", "c-p2"}, Cut{"s-c"}));
}

TEST(Cuts, StandAroundEachRouterAndKeepTheOtherPath) {
  const Topology t = two_paths(false, 2);
  const Cuts one = cuts_around(t, {"path1.r2"});
  EXPECT_THAT(one.cuts, ElementsAre(Cut{"c-p1", "c-p2"}, Cut{"p1r2-c", "c-p2"}, Cut{"p1r2-s", "c-p2"}, Cut{"s-c"}));
  EXPECT_EQ(one.of("path1.r2").before, 1u);
  EXPECT_EQ(one.of("path1.r2").after, 2u);
  const Cuts two = cuts_around(t, {"path1.r1", "path2.r2", "path1.r1"});
  EXPECT_THAT(two.cuts, ElementsAre(Cut{"c-p1", "c-p2"}, Cut{"p1r1-c", "c-p2"}, Cut{"p1r1-s", "c-p2"},
                                    Cut{"p1r1-s", "p2r2-c"}, Cut{"p1r1-s", "p2r2-s"}, Cut{"s-c"}));
  const Cuts core = cuts_around(t, {"core"});
  EXPECT_THAT(core.cuts, ElementsAre(Cut{"c-p1", "c-p2"}, Cut{"core-p1", "core-p2"}, Cut{"core-s"}, Cut{"s-c"}));
  EXPECT_EQ(capture_points(t, core).size(), 6u);
}

TEST(QueueRules, OnePerDirectionAndNeverNeighbourDiscovery) {
  const Topology t = two_paths(true, 2);
  EXPECT_THAT(queue_rules(t, t.node("path1.r2"), Hook::post),
              ElementsAre(ElementsAre("ip6tables", "-w", "-t", "filter", "-A", "FORWARD", "-i", "p1r2-c", "-d",
                                      "2001:db8:5::/64", "-j", "NFQUEUE", "--queue-num", "0"),
                          ElementsAre("ip6tables", "-w", "-t", "filter", "-A", "FORWARD", "-i", "p1r2-s", "-d",
                                      "2001:db8:c::/48", "-j", "NFQUEUE", "--queue-num", "0")));
  EXPECT_THAT(queue_rules(t, t.node("core"), Hook::pre)[0],
              ElementsAre("ip6tables", "-w", "-t", "mangle", "-A", "PREROUTING", "-i", "core-p+", "-d",
                          "2001:db8:5::/64", "-j", "NFQUEUE", "--queue-num", "0"));
  for (const ArgumentList& rule : queue_rules(t, t.node("path1.r1"), Hook::local))
    EXPECT_THAT(rule, testing::Contains("--icmpv6-type"));
}

}  // namespace
}  // namespace gauntlet
