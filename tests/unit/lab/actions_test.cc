// What a scenario's actions become: options of the endpoints, preparations of every run, and a second address.
#include "lab/actions.hh"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "lab/cell_plan.hh"

namespace gauntlet {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;

struct Acting : testing::Test {
  Acting() {
    scenario.file = "x.toml";
    scenario.id = "sig/x";
    scenario.workload.up = scenario.workload.down = 100'000;
    cell.id = "sig/x@ipv4";
    cell.scenario = &scenario;
  }
  std::vector<std::string> words(const Json& plan, size_t run, const char* side) {
    return plan["runs"][run][side]["args"].get<std::vector<std::string>>();
  }
  Scenario scenario;
  Cell cell;
};

TEST_F(Acting, TheServerAnnouncesAnAddressThatHasARoute) {
  scenario.actions = {{Deed::add_address, true, 20'000, 1}};
  const Json plan = lab_plan(cell, {"/bin/gauntlet", "/out"});
  const auto server = words(plan, 2, "server");
  const auto at = std::find(server.begin(), server.end(), "--at");
  ASSERT_NE(at, server.end());
  const Json action = Json::parse(at[1]);
  EXPECT_EQ(action["after"], 20'000);
  EXPECT_EQ(action["tool"],
            Json::parse(R"(["ip","mptcp","endpoint","add","198.51.100.9","dev","s-c","id","1","signal"])"));
  EXPECT_THAT(words(plan, 2, "client"), Not(Contains("--at")));
  EXPECT_THAT(words(plan, 2, "client"), Contains("198.51.100.1"));
  EXPECT_THAT(words(plan, 2, "server"), Contains("0.0.0.0"));  // or nobody answers the join
  for (const Json& node : plan["nodes"]) {
    if (node["name"] == "server") {
      EXPECT_THAT(node["ip"], Contains("address add 198.51.100.9/32 dev s-c"));
      EXPECT_THAT(node["ip"], Contains("mptcp limits set subflow 1 add_addr_accepted 1"));
    }
    if (node["name"] == "core") {
      EXPECT_THAT(node["ip"], Contains("route add 198.51.100.9 via 198.51.100.1"));
    }
  }
  EXPECT_THAT(evidence_of(cell, {})["server_also"], ElementsAre("198.51.100.9"));
}

TEST_F(Acting, PlainTcpIsLeftAloneButForAFastClose) {
  cell.paths = 2;
  scenario.actions = {{Deed::backup, false, 1000, 1}, {Deed::fastclose, false, 2000, 2}};
  const Json plan = lab_plan(cell, {"/bin/gauntlet", "/out"});
  const auto count = [&](size_t run) {
    const auto all = words(plan, run, "client");
    return std::count(all.begin(), all.end(), "--at");
  };
  EXPECT_EQ(count(0), 2);
  EXPECT_EQ(count(1), 1);
  EXPECT_EQ(count(2), 2);
}

TEST_F(Acting, EveryRunBeginsWithTheSamePathManagers) {
  cell.paths = 2;
  scenario.actions = {{Deed::remove_address, false, 1000, 1}};
  const Json runs = lab_plan(cell, {"/bin/gauntlet", "/out"})["runs"];
  for (const Json& run : runs) {
    EXPECT_EQ(run["prepare"][0]["args"], Json::parse(R"(["ip","mptcp","endpoint","flush"])"));
    EXPECT_EQ(run["prepare"][1]["args"],
              Json::parse(R"(["ip","mptcp","endpoint","add","192.0.2.33","dev","c-p2","id","1","subflow"])"));
  }
  scenario.actions.clear();
  EXPECT_TRUE(lab_plan(cell, {"/bin/gauntlet", "/out"})["runs"][0]["prepare"].empty());
}

TEST_F(Acting, AResetNamesTheSubflowByItsOwnAddress) {
  cell.paths = 2;
  cell.family = "ipv6";
  scenario.actions = {{Deed::reset_subflow, false, 1000, 1}};
  const auto client = words(lab_plan(cell, {"/bin/gauntlet", "/out"}), 2, "client");
  const Json action = Json::parse(*(std::find(client.begin(), client.end(), "--at") + 1));
  EXPECT_THAT(action["tool"], Contains("[2001:db8:c:2::1]"));
  EXPECT_THAT(action["tool"], Contains(":5003"));
  EXPECT_EQ(action["must_say"], true);
}

}  // namespace
}  // namespace gauntlet
