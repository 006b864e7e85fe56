#include "lab/cell_plan.hh"

#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "lab/selection.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;

BoxUse box(const std::string& on, Hook at, const std::string& text) {
  BoxUse use;
  use.on = on;
  use.at = at;
  use.box = parse_box_text(text);
  return use;
}

class PlanTest : public testing::Test {
 protected:
  PlanTest() {
    scenario_.file = "nat.toml";
    scenario_.id = "addr/nat";
    scenario_.workload.up = 1000;
    cell_.id = "addr/nat@ipv4";
    cell_.scenario = &scenario_;
    cell_.paths = 2;
    cell_.checksum = "cs10";
  }
  Json plan() const { return lab_plan(cell_, {"/bin/gauntlet", "/out"}); }

  Scenario scenario_;
  Cell cell_;
};

TEST_F(PlanTest, BaselinePassesTheBoxAndEveryRunHasItsOwnPort) {
  const Json runs = plan()["runs"];
  ASSERT_EQ(runs.size(), 3u);
  EXPECT_EQ(runs[0]["name"], "baseline");
  EXPECT_EQ(runs[0]["mode"], "pass");
  EXPECT_EQ(runs[1]["mode"], "box");
  EXPECT_EQ(runs[2]["mode"], "box");
  const auto words = [&](size_t run) { return runs[run]["client"]["args"].get<std::vector<std::string>>(); };
  EXPECT_THAT(words(0), AllOf(Contains("5001"), Contains("mptcp")));
  EXPECT_THAT(words(1), AllOf(Contains("5002"), Contains("tcp")));
  EXPECT_THAT(words(2), AllOf(Contains("5003"), Contains("mptcp")));
}

TEST_F(PlanTest, OneEndWaitsForTheOther) {
  for (const char* first : {"", "client", "server"}) {
    scenario_.workload.closes_first = first;
    const Json runs = plan()["runs"];
    for (const char* end : {"client", "server"}) {
      const auto words = runs[1][end]["args"].get<std::vector<std::string>>();
      const bool waits = *first != 0 && std::string(first) != end;
      EXPECT_EQ(std::count(words.begin(), words.end(), "--close-last"), waits ? 1 : 0) << first << " " << end;
    }
  }
}

TEST_F(PlanTest, AReceiveBufferIsThatOfBothEnds) {
  const auto memory = [&](const char* size) {
    int ends = 0;
    const Json whole = plan();
    for (const auto& node : whole["nodes"])
      for (const auto& word : node["sysctl"]) ends += word == std::string("net.ipv4.tcp_rmem=4096 ") + size;
    return ends;
  };
  EXPECT_EQ(memory("524288 524288"), 2);
  scenario_.receive_buffer = 65536;
  EXPECT_EQ(memory("65536 65536"), 2);
}

TEST_F(PlanTest, TheControlTakesThePathOfTheBox) {
  cell_.boxes.push_back(box("path2.r1", Hook::post, "pass"));
  const Json runs = plan()["runs"];
  EXPECT_THAT(runs[1]["client"]["args"].get<std::vector<std::string>>(), Contains("192.0.2.33"));
  EXPECT_THAT(runs[2]["client"]["args"].get<std::vector<std::string>>(), Contains("192.0.2.1"));
}

TEST_F(PlanTest, BoxesOfOneRouterAreOneProcessAndKnowItsOutsidePrefix) {
  cell_.boxes.push_back(box("path1.r2", Hook::post, "pass"));
  cell_.boxes.push_back(box("path1.r2", Hook::post, "nat:pool=$outside"));
  const Json boxes = plan()["boxes"];
  ASSERT_EQ(boxes.size(), 1u);
  EXPECT_THAT(boxes[0]["args"].get<std::vector<std::string>>(),
              AllOf(Contains("pass"), Contains("nat:pool=192.0.2.72/29")));
  const Json evidence = evidence_of(cell_, {});
  EXPECT_EQ(evidence["boxes"][1]["spec"], "nat:pool=192.0.2.72/29");
  EXPECT_EQ(evidence["boxes"][1]["between"], Json::parse("[1,2]"));
  EXPECT_EQ(evidence["ports"]["mptcp"], 5003);
}

TEST_F(PlanTest, RefusesWhatCannotBeLaidOut) {
  cell_.boxes.push_back(box("path1.r2", Hook::post, "pass"));
  cell_.boxes.push_back(box("path1.r2", Hook::pre, "pass"));
  EXPECT_THROW(plan(), UsageError);  // one chain, one hook
  cell_.boxes = {box("path1.r3", Hook::post, "pass")};
  EXPECT_THROW(plan(), UsageError);  // two routers per path
  cell_.boxes = {box("server", Hook::post, "pass")};
  EXPECT_THROW(plan(), UsageError);
}

TEST(Selection, ShardsPartitionTheCells) {
  EXPECT_EQ(parse_shard("2/5"), (std::pair{2u, 5u}));
  for (const char* wrong : {"0/2", "3/2", "2", "a/b", "1/2x"}) EXPECT_THROW(parse_shard(wrong), UsageError) << wrong;
  std::vector<Scenario> scenarios(7);
  for (size_t i = 0; i < scenarios.size(); ++i) {
    scenarios[i].id = "s" + std::to_string(i);
    scenarios[i].tags = {"core"};
    scenarios[i].expect.resize(1);
  }
  const auto names = [&](const Selection& s) {
    std::vector<std::string> out;
    for (const SelectedCell& c : select(scenarios, s)) out.push_back(c.name());
    return out;
  };
  EXPECT_EQ(names({}).size(), 7u);
  std::vector<std::string> together;
  for (unsigned k = 1; k <= 3; ++k)
    for (const std::string& name : names({.shard = k, .shards = 3})) together.push_back(name);
  EXPECT_THAT(together, testing::UnorderedElementsAreArray(names({})));
  // A cell's shard is its own: another one more or less does not move it.
  const auto before = names({.shard = 2, .shards = 3});
  scenarios.pop_back();
  for (const std::string& name : names({.shard = 2, .shards = 3})) EXPECT_THAT(before, Contains(name));
  scenarios.push_back(scenarios.front());
  scenarios.back().id = "s6";
  EXPECT_THAT(names({.patterns = {"s6"}, .repeat = 2}), ElementsAre("s6", "s6~2"));
  EXPECT_EQ(names({.shuffle = true, .seed = 7}), names({.shuffle = true, .seed = 7}));
  EXPECT_NE(names({.shuffle = true, .seed = 7}), names({.shuffle = true, .seed = 8}));
  EXPECT_TRUE(names({.filter = "!core"}).empty());
}

}  // namespace
}  // namespace gauntlet
