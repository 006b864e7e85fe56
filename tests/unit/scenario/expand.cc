#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "scenario/scenario.hh"
#include "schemas.hh"
#include "util/error.hh"
#include "util/rng.hh"

namespace gauntlet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> ids(const std::vector<Cell>& cells) {
  std::vector<std::string> out;
  for (const Cell& c : cells) out.push_back(c.id);
  return out;
}

std::string with_matrix(const std::string& matrix) {
  const std::string good = kGood;
  return good.substr(0, good.find("[matrix]")) + matrix;
}

TEST(Expand, axes_in_the_fixed_order_whatever_the_file_says) {
  const Scenario s = parse_scenario(kGood, "x.toml", test_schemas());
  EXPECT_THAT(ids(expand(s, 1)),
              ElementsAre("opt/x@ipv4,cs00", "opt/x@ipv4,cs11", "opt/x@ipv6,cs00", "opt/x@ipv6,cs11"));
  const Scenario other =
      parse_scenario(with_matrix("[matrix]\npaths = [2, 1]\nfamily = [\"ipv6\"]\n"), "x.toml", test_schemas());
  EXPECT_THAT(ids(expand(other, 1)), ElementsAre("opt/x@ipv6,p2", "opt/x@ipv6,p1"));
}

TEST(Expand, without_a_matrix_one_cell_with_the_plain_id) {
  const Scenario s = parse_scenario(with_matrix(""), "x.toml", test_schemas());
  const auto cells = expand(s, 1);
  ASSERT_EQ(cells.size(), 1u);
  EXPECT_EQ(cells[0].id, "opt/x");
  EXPECT_EQ(cells[0].family, "ipv4");
  EXPECT_EQ(cells[0].checksum, "cs00");
  EXPECT_EQ(cells[0].paths, 1u);
}

TEST(Expand, number_of_paths_and_acting_path_never_share_a_token) {
  std::string text = with_matrix("[matrix]\npaths = [2]\npath = [\"p1\", \"p2\"]\n");
  text.replace(text.find("path1.r2"), 8, "core");
  const Scenario s = parse_scenario(text, "x.toml", test_schemas());
  const auto cells = expand(s, 1);
  EXPECT_THAT(ids(cells), ElementsAre("opt/x@p2,on-p1", "opt/x@p2,on-p2"));
  EXPECT_EQ(cells[1].boxes[0].params.text("path"), "p2");
  EXPECT_THAT(to_text(cells[1].boxes[0].box), HasSubstr("path=p2"));
}

TEST(Expand, a_box_on_one_path_cannot_act_on_the_other) {
  const std::string text = with_matrix("[matrix]\npaths = [2]\npath = [\"p1\", \"p2\"]\n");
  try {
    parse_scenario(text, "x.toml", test_schemas());
    FAIL();
  } catch (const UsageError& e) {
    EXPECT_THAT(e.what(), HasSubstr("x.toml:9: no packet of p2 crosses path1.r2 in opt/x@p2,on-p2"));
  }
}

TEST(Expand, the_seed_follows_id_and_run_seed) {
  const Scenario s = parse_scenario(kGood, "x.toml", test_schemas());
  const auto a = expand(s, 42), b = expand(s, 43);
  EXPECT_EQ(a[0].seed, hash64("opt/x@ipv4,cs00", 42));
  EXPECT_NE(a[0].seed, b[0].seed);
  EXPECT_NE(a[0].seed, a[1].seed);
}

TEST(Expand, the_first_expect_that_matches_wins) {
  std::string text = kGood;
  text.insert(text.find("[[expect]]"),
              "[[expect]]\nfor = { checksum = [\"cs11\"], family = \"ipv6\" }\nclause = \"RFC 8684 3.7\"\nstrength = "
              "\"SHOULD\"\noutcome = [\"abort\"]\n");
  const Scenario s = parse_scenario(text, "x.toml", test_schemas());
  const auto cells = expand(s, 1);
  EXPECT_EQ(cells[2].expect->clause, "RFC 8684 3.1") << cells[2].id;
  EXPECT_EQ(cells[3].expect->clause, "RFC 8684 3.7") << cells[3].id;
}

TEST(Plan, says_all_and_reads_back) {
  std::string text = kGood;
  text.replace(text.find("id = "), 5, "acts_on = \"tcp\"\nid = ");
  text.replace(text.find("up = "), 5, "preface_up = \"PORT 1\\r\\n\"\nwrite = 500\nup = ");
  const Scenario s = parse_scenario(text, "x.toml", test_schemas());
  const auto cells = expand(s, 7);
  const Json json = Json::parse(plan_of(cells[3]).dump());
  EXPECT_EQ(json.at("cell"), "opt/x@ipv6,cs11");
  EXPECT_EQ(json.at("boxes").at(0).at("spec"), "strip:dir=c2s,when=syn");
  const Plan p = read_plan(json);
  EXPECT_EQ(p.cell, "opt/x@ipv6,cs11");
  EXPECT_EQ(p.scenario, "opt/x");
  EXPECT_EQ(p.row, "opt.strip@c2s/syn");
  EXPECT_EQ(p.family, "ipv6");
  EXPECT_EQ(p.checksum, "cs11");
  EXPECT_TRUE(p.acts_on_tcp);
  EXPECT_EQ(p.workload.up, 200'000u);
  EXPECT_EQ(p.workload.write, 500u);
  EXPECT_EQ(p.workload.preface_up, "PORT 1\r\n");
  ASSERT_EQ(p.boxes.size(), 1u);
  EXPECT_EQ(p.boxes[0].on, "path1.r2");
  ASSERT_EQ(p.boxes[0].declares.size(), 1u);
  EXPECT_EQ(p.boxes[0].declares[0].dir, "c2s");
  EXPECT_EQ(p.expect.clause, "RFC 8684 3.1");
  EXPECT_THAT(p.expect.outcome, ElementsAre(Outcome::fallback_handshake));
  EXPECT_THAT(p.expect.client.must, ElementsAre("MPCapableFallbackSYNACK"));
  ASSERT_EQ(p.expect.wire.size(), 1u);
  EXPECT_EQ(p.expect.wire[0].kind, "removed");
  EXPECT_EQ(p.expect.wire[0].field, "option 30");
  EXPECT_EQ(p.limit_s, 20u);
}

TEST(Plan, a_damaged_one_is_refused) {
  const Scenario s = parse_scenario(kGood, "x.toml", test_schemas());
  const Json whole = plan_of(expand(s, 7)[0]);
  Json lacking = whole;
  lacking.erase("workload");
  EXPECT_THROW(read_plan(lacking), UsageError);
  Json odd = whole;
  odd["expect"]["outcome"] = {"fine"};
  EXPECT_THROW(read_plan(odd), UsageError);
  EXPECT_THROW(read_plan(Json::array()), UsageError);
}

TEST(LoadScenarios, two_files_with_one_id_are_refused_and_rows_are_not_scenarios) {
  std::string made = testing::TempDir() + "gauntlet-scenarios-XXXXXX";
  ASSERT_NE(mkdtemp(made.data()), nullptr);
  const std::filesystem::path folder = made;
  std::filesystem::create_directories(folder / "opt");
  std::ofstream(folder / "rows.toml") << "[[row]]\nid = \"x\"\n";
  std::ofstream(folder / "opt" / "a.toml") << kGood;
  EXPECT_EQ(load_scenarios(folder.string(), test_schemas()).size(), 1u);
  std::ofstream(folder / "b.toml") << kGood;
  try {
    load_scenarios(folder.string(), test_schemas());
    FAIL();
  } catch (const UsageError& e) {
    const std::string says = e.what();
    EXPECT_THAT(says, HasSubstr("opt/a.toml:1: the id 'opt/x' is that of"));
    EXPECT_THAT(says, HasSubstr("b.toml; give it one of its own"));
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace gauntlet
