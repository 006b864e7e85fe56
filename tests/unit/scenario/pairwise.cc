// The selection: every pair shown, few cells, the same whatever the order; and the axes that set what a box acts on.
#include "scenario/pairwise.hh"

#include <fmt/format.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "scenario/scenario.hh"
#include "schemas.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

std::string with_matrix(const std::string& matrix) {
  std::string text = kGood;
  text.erase(text.find("when = \"syn\"\n"), 13);
  text.erase(text.find("dir = \"c2s\"\n"), 12);
  text.erase(text.find("load = \"paced\"\n"), 15);
  return text.substr(0, text.find("[matrix]")) + "[matrix]\n" + matrix;
}

const char* kProduct =
    "family = [\"ipv4\", \"ipv6\"]\nchecksum = [\"cs00\", \"cs11\", \"cs10\", \"cs01\"]\npaths = [1, 2]\n"
    "dir = [\"c2s\", \"s2c\", \"both\"]\nload = [\"paced\", \"bulk\", \"pingpong\"]\n";

std::vector<std::string> ids(const std::vector<Cell>& cells) {
  std::vector<std::string> out;
  for (const Cell& c : cells) out.push_back(c.id);
  return out;
}

std::set<std::string> chosen(const std::vector<Cell>& cells, size_t most = SIZE_MAX) {
  std::set<std::string> out;
  for (const size_t i : pairwise(cells, most)) out.insert(cells[i].id);
  return out;
}

TEST(Axes, dir_when_and_timing_set_the_parameters_of_the_box) {
  const Scenario s = parse_scenario(
      with_matrix(
          "load = [\"paced\"]\ndir = [\"s2c\"]\nwhen = [\"data\"]\ntiming = [\"always\", \"once\", \"late\"]\n"),
      "x.toml", test_schemas());
  const auto cells = expand(s, 1);
  EXPECT_THAT(ids(cells),
              ElementsAre("opt/x@s2c,data,always,paced", "opt/x@s2c,data,once,paced", "opt/x@s2c,data,late,paced"));
  EXPECT_EQ(to_text(cells[0].boxes[0].box), "strip:dir=s2c,when=data");
  EXPECT_EQ(to_text(cells[1].boxes[0].box), "strip:dir=s2c,nth=20,when=data");
  EXPECT_EQ(to_text(cells[2].boxes[0].box), "strip:after=20,dir=s2c,when=data");
  EXPECT_EQ(cells[0].boxes[0].declares[0].dir, "s2c");  // made anew
}

TEST(Axes, what_the_file_says_of_a_box_stays) {
  std::string text = kGood;
  text.erase(text.find("load = \"paced\"\n"), 15);
  text = text.substr(0, text.find("[matrix]")) + "[matrix]\nload = [\"paced\"]\ndir = [\"s2c\", \"both\"]\n";
  const Scenario s = parse_scenario(text, "x.toml", test_schemas());
  for (const Cell& c : expand(s, 1)) EXPECT_EQ(c.boxes[0].params.text("dir"), "c2s") << c.id;
}

// A SYN/ACK never goes to the server, a SYN and a third ACK never to the client, and there is no 20th of either.
TEST(Axes, impossible_cells_are_left_out) {
  const Scenario s = parse_scenario(with_matrix("dir = [\"c2s\", \"s2c\"]\nwhen = [\"syn\", \"synack\", \"ack3\", "
                                                "\"data\"]\ntiming = [\"always\", \"late\"]\n"),
                                    "x.toml", test_schemas());
  EXPECT_THAT(ids(expand(s, 1)), ElementsAre("opt/x@c2s,syn,always", "opt/x@c2s,ack3,always", "opt/x@c2s,data,always",
                                             "opt/x@c2s,data,late", "opt/x@s2c,synack,always", "opt/x@s2c,data,always",
                                             "opt/x@s2c,data,late"));
  try {
    parse_scenario(with_matrix("dir = [\"s2c\"]\nwhen = [\"syn\"]\n"), "x.toml", test_schemas());
    FAIL();
  } catch (const UsageError& e) {
    EXPECT_THAT(e.what(), HasSubstr("no cell is possible"));
  }
}

TEST(Pairwise, every_pair_of_values_is_shown_by_few_cells) {
  const Scenario s = parse_scenario(with_matrix(kProduct), "x.toml", test_schemas());
  const auto cells = expand(s, 1);
  ASSERT_EQ(cells.size(), 2u * 4 * 2 * 3 * 3);
  const auto picked = pairwise(cells);
  std::set<std::pair<std::string, std::string>> shown, all;
  const auto add = [](const Cell& c, auto& to) {
    for (const char* a : {"family", "checksum", "paths", "dir", "load"})
      for (const char* b : {"family", "checksum", "paths", "dir", "load"})
        if (std::string(a) < b) to.insert({std::string(a) + axis_value(c, a), std::string(b) + axis_value(c, b)});
  };
  for (const size_t i : picked) add(cells[i], shown);
  for (const Cell& c : cells) add(c, all);
  EXPECT_EQ(shown, all);
  EXPECT_GE(picked.size(), 12u);  // 4 checksums x 3 directions take at least as many
  EXPECT_LE(picked.size(), 20u);
}

// Pairs alone would leave it to chance whether three values meet for which the scenario asks something else.
TEST(Pairwise, every_expectation_of_a_scenario_is_shown) {
  for (const char* load : {"paced", "bulk", "pingpong"})
    for (const char* checksum : {"cs00", "cs11", "cs10", "cs01"}) {
      std::string text = with_matrix(kProduct);
      text.insert(
          text.find("[[expect]]"),
          fmt::format(
              "[[expect]]\nfor = {{ checksum = \"{}\", family = \"ipv6\", load = \"{}\", dir = \"both\", paths "
              "= 2 }}\nclause = \"RFC 8684 3.7\"\nstrength = \"MUST\"\noutcome = [\"abort\"]\nbytes = [\"I\"]\n",
              checksum, load));
      const Scenario s = parse_scenario(text, "x.toml", test_schemas());
      const auto cells = expand(s, 1);
      std::set<const Expect*> shown;
      for (const size_t i : pairwise(cells)) shown.insert(cells[i].expect);
      EXPECT_EQ(shown.size(), 2u) << checksum << " " << load;
    }
}

TEST(Pairwise, the_order_of_the_cells_does_not_matter) {
  const Scenario s = parse_scenario(with_matrix(kProduct), "x.toml", test_schemas());
  auto cells = expand(s, 1);
  const auto before = chosen(cells);
  std::reverse(cells.begin(), cells.end());
  EXPECT_EQ(chosen(cells), before);
  std::rotate(cells.begin(), cells.begin() + 17, cells.end());
  EXPECT_EQ(chosen(cells), before);
}

TEST(Pairwise, a_limit_keeps_those_that_show_most) {
  const Scenario s = parse_scenario(with_matrix(kProduct), "x.toml", test_schemas());
  const auto cells = expand(s, 1);
  const auto few = chosen(cells, 3), all = chosen(cells);
  EXPECT_EQ(few.size(), 3u);
  for (const std::string& id : few) EXPECT_THAT(all, Contains(id));
}

TEST(Catalogue, tags_of_a_selection_stay_on_the_chosen_cells_only) {
  std::string text = with_matrix(kProduct);
  text.replace(text.find("[\"core\"]"), 8, "[\"core\", \"smoke\", \"opt\"]");
  std::vector<Scenario> scenarios = {parse_scenario(text, "x.toml", test_schemas())};
  size_t core = 0, smoke = 0, full = 0, family = 0;
  for (const Cell& c : catalogue(scenarios, 1)) {
    core += matches(c, "core"), smoke += matches(c, "smoke"), full += matches(c, "full"), family += matches(c, "opt");
  }
  EXPECT_EQ(full, 144u);
  EXPECT_EQ(family, 144u);
  EXPECT_EQ(smoke, 12u);
  EXPECT_GE(core, 12u);
  EXPECT_LE(core, 20u);
}

}  // namespace
}  // namespace gauntlet
