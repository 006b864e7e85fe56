// [[action]], `baseline`, `joins`, `fast_open`, [endpoint]: read as written, and every way they can be wrong.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "scenario/scenario.hh"
#include "schemas.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string kJoined = "paths = [2]\n";

Scenario with(const std::string& top, const std::string& tables = "", const std::string& matrix = "") {
  return parse_scenario(top + kGood + matrix + tables, "x.toml", test_schemas());
}

std::string action(const char* deed, const char* by, const char* after) {
  return std::string("[[action]]\ndo = \"") + deed + "\"\nby = \"" + by + "\"\nafter = \"" + after + "\"\n";
}

std::string refusal(const std::string& top, const std::string& tables = "", const std::string& matrix = "") {
  try {
    with(top, tables, matrix);
  } catch (const UsageError& e) {
    return e.what();
  }
  return "(no error)";
}

TEST(Actions, AreReadInOrder) {
  const Scenario s = with("baseline = [\"subflow-reset\", \"preserved\"]\n",
                          action("backup", "client", "10 kB") + action("remove-address", "client", "20 kB"), kJoined);
  ASSERT_EQ(s.actions.size(), 2u);
  EXPECT_EQ(s.actions[0].deed, Deed::backup);
  EXPECT_EQ(s.actions[1].deed, Deed::remove_address);
  EXPECT_EQ(s.actions[1].after, 20'000u);
  EXPECT_FALSE(s.actions[1].by_server);
  EXPECT_THAT(s.baseline, ElementsAre(Outcome::subflow_reset, Outcome::preserved));
  const std::vector<Cell> cells = expand(s, 1);
  const Plan plan = read_plan(plan_of(cells[0]));
  EXPECT_EQ(plan.baseline, s.baseline);
  EXPECT_EQ(plan_of(cells[0])["actions"][1]["do"], "remove-address");
}

TEST(Actions, WithoutAnyTheBaselineIsPreserved) {
  EXPECT_THAT(with("").baseline, ElementsAre(Outcome::preserved));
  EXPECT_TRUE(with("").actions.empty());
}

TEST(Actions, ThatCannotHappenAreRefused) {
  EXPECT_THAT(refusal("", action("fastclose", "client", "200 kB")), HasSubstr("never gets past 200000 bytes"));
  EXPECT_THAT(refusal("", action("fastclose", "server", "0 B")), HasSubstr("never gets past 0 bytes"));
  EXPECT_THAT(refusal("", action("backup", "client", "1 kB")), HasSubstr("second address is not in use"));
  EXPECT_THAT(refusal("", action("add-address", "client", "1 kB"), kJoined), HasSubstr("in use already"));
  EXPECT_THAT(refusal("", action("reset-subflow", "server", "0 B")), HasSubstr("done by the client"));
  EXPECT_THAT(refusal("", action("remove-address", "client", "2 kB") + action("backup", "client", "3 kB"), kJoined),
              HasSubstr("second address is not in use"));
  EXPECT_THAT(refusal("", action("backup", "client", "2 kB") + action("no-backup", "client", "1 kB"), kJoined),
              HasSubstr("in the order of `after`"));
  EXPECT_THAT(refusal("", action("explode", "client", "1 kB")), HasSubstr("add-address"));
  EXPECT_THAT(refusal("", action("fastclose", "client", "some")), HasSubstr("`after` in [[action]] cannot be 'some'"));
}

TEST(Expectation, SaysHowManyJoins) {
  std::string text = kGood;
  text.insert(text.find("wire ="), "joins = [0, 2]\n");
  const Scenario s = parse_scenario(text, "x.toml", test_schemas());
  EXPECT_THAT(s.expect[0].joins, ElementsAre(0u, 2u));
  EXPECT_THAT(read_plan(plan_of(expand(s, 1)[0])).expect.joins, ElementsAre(0u, 2u));
  for (const char* bad : {"joins = []\n", "joins = 1\n", "joins = [\"1\"]\n", "joins = [-1]\n"}) {
    std::string wrong = kGood;
    wrong.insert(wrong.find("wire ="), bad);
    EXPECT_THROW(parse_scenario(wrong, "x.toml", test_schemas()), UsageError) << bad;
  }
}

TEST(Workload, MayOpenFast) {
  std::string text = kGood;
  text.insert(text.find("up = "), "fast_open = \"yes\"\n");
  const Scenario s = parse_scenario(text, "x.toml", test_schemas());
  EXPECT_TRUE(s.workload.fast_open);
  EXPECT_TRUE(read_plan(plan_of(expand(s, 1)[0])).workload.fast_open);
  EXPECT_FALSE(parse_scenario(kGood, "x.toml", test_schemas()).workload.fast_open);
}

TEST(Workload, MayHaveOneEndCloseFirst) {
  std::string text = kGood;
  text.insert(text.find("up = "), "closes_first = \"server\"\n");
  EXPECT_EQ(parse_scenario(text, "x.toml", test_schemas()).workload.closes_first, "server");
  EXPECT_EQ(parse_scenario(kGood, "x.toml", test_schemas()).workload.closes_first, "");
  text.replace(text.find("server\"\n"), 6, "router");
  EXPECT_THROW(parse_scenario(text, "x.toml", test_schemas()), UsageError);
}

TEST(Topology, MayBoundTheReceiveBuffer) {
  std::string text = kGood;
  text.insert(text.find("routers = "), "receive_buffer = \"64 KiB\"\n");
  EXPECT_EQ(parse_scenario(text, "x.toml", test_schemas()).receive_buffer, 65536u);
  EXPECT_EQ(parse_scenario(kGood, "x.toml", test_schemas()).receive_buffer, 0u);
  for (const char* bad : {"\"1 KiB\"", "\"7 MiB\"", "\"much\""}) {
    std::string wrong = kGood;
    wrong.insert(wrong.find("routers = "), std::string("receive_buffer = ") + bad + "\n");
    EXPECT_THROW(parse_scenario(wrong, "x.toml", test_schemas()), UsageError) << bad;
  }
}

TEST(Endpoint, OfAScenarioIsAListOfWords) {
  const Scenario s = with("", "[endpoint]\nserver = [\"./prog\", \"-p\", \"{port}\"]\n");
  EXPECT_THAT(s.server_command, ElementsAre("./prog", "-p", "{port}"));
  EXPECT_TRUE(s.client_command.empty());
  EXPECT_THAT(refusal("", "[endpoint]\nserver = \"prog\"\n"), HasSubstr("x.toml:"));
}

}  // namespace
}  // namespace gauntlet
