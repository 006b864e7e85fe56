// The scenario files of the project against the real boxes: they load, name oracle rows, and cover what is promised.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/list_coverage.hh"
#include "cli/list_scenarios.hh"
#include "lab/cell_plan.hh"
#include "middleboxes/registry.hh"
#include "scenario/pairwise.hh"
#include "scenario/scenario.hh"

namespace gauntlet {
namespace {

const std::string kFolder = GAUNTLET_SOURCE_DIR "/scenarios";

// Loaded once: cells point into it.
const std::vector<Scenario>& scenarios() {
  static const std::vector<Scenario> all = load_scenarios(kFolder, box_schemas());
  return all;
}

const std::vector<Cell>& all_cells() {
  static const std::vector<Cell> all = catalogue(scenarios(), 0);
  return all;
}

std::vector<Cell> cells_with(const std::string& tag) {
  std::vector<Cell> out;
  for (const Cell& c : all_cells())
    if (std::find(c.tags.begin(), c.tags.end(), tag) != c.tags.end()) out.push_back(c);
  return out;
}

const Coverage& coverage() {
  static const auto rows = load_rows(kFolder + "/rows.toml");
  static const Coverage all = coverage_of(rows, load_demands(kFolder + "/clauses.toml", rows), all_cells());
  return all;
}

TEST(Catalogue, loads_with_the_real_boxes_and_every_id_is_unique) {
  std::set<std::string> ids;
  for (const Cell& c : all_cells()) EXPECT_TRUE(ids.insert(c.id).second) << c.id;
}

TEST(Catalogue, the_core_has_what_is_promised) {
  std::set<std::string> core;
  for (const Cell& c : cells_with("core")) core.insert(c.scenario->id);
  for (const char* id :
       {"addr/nat", "seq/rewrite", "seg/split", "seg/coalesce", "opt/strip-capable-syn", "opt/strip-capable-synack",
        "opt/strip-dss", "opt/eol-capable", "opt/eol-after-syn", "join/strip-syn", "pay/edit", "pay/ftp-alg", "none"})
    EXPECT_TRUE(core.contains(id)) << id;
  EXPECT_GE(cells_with("core").size(), 150u);  // and no more than two minutes' worth on two cores
  EXPECT_LE(cells_with("core").size(), 260u);
  EXPECT_GE(cells_with("full").size(), 2000u);
}

TEST(Catalogue, smoke_is_twelve_cells_of_several_families) {
  std::set<std::string> families;
  for (const Cell& c : cells_with("smoke")) families.insert(c.scenario->id.substr(0, c.scenario->id.find('/')));
  EXPECT_EQ(cells_with("smoke").size(), 12u);
  EXPECT_GE(families.size(), 6u);
}

// One more would be left out of the run, one less chosen twice.
TEST(Catalogue, the_core_shows_every_pair_that_its_scenarios_have) {
  const auto pairs = [](const Cell& c, std::set<std::string>& to) {
    const auto features = features_of(c);
    for (size_t a = 0; a < features.size(); ++a)
      for (size_t b = a + 1; b < features.size(); ++b) to.insert(features[a] + " with " + features[b]);
  };
  std::set<std::string> shown, there;
  for (const Cell& c : cells_with("core")) pairs(c, shown);
  for (const Cell& c : all_cells())
    if (std::find(c.scenario->tags.begin(), c.scenario->tags.end(), "core") != c.scenario->tags.end()) pairs(c, there);
  EXPECT_EQ(shown, there);
  EXPECT_GT(there.size(), 1000u);
}

TEST(Catalogue, every_core_scenario_varies_the_address_family) {
  std::map<std::string, std::set<std::string>> families;
  for (const Cell& c : cells_with("full"))  // PORT is of IPv4, EPRT of IPv6
    if (std::find(c.scenario->tags.begin(), c.scenario->tags.end(), "core") != c.scenario->tags.end())
      families[c.scenario->id.starts_with("pay/ftp-alg") ? "pay/ftp-alg" : c.scenario->id].insert(c.family);
  EXPECT_GT(families.size(), 100u);
  for (const auto& [id, seen] : families) EXPECT_EQ(seen.size(), 2u) << id;
}

TEST(Catalogue, the_core_shows_every_expectation_of_its_scenarios_and_every_box_in_both_families) {
  std::set<std::string> rules, wanted;
  std::map<std::string, std::set<std::string>> families;
  const auto rule_of = [](const Cell& c) {
    return fmt::format("{} {}", c.scenario->id, c.expect - c.scenario->expect.data());
  };
  for (const Cell& c : cells_with("core")) {
    rules.insert(rule_of(c));
    for (const BoxUse& b : c.boxes) families[b.box.name].insert(c.family);
  }
  for (const Cell& c : all_cells())
    if (std::find(c.scenario->tags.begin(), c.scenario->tags.end(), "core") != c.scenario->tags.end())
      wanted.insert(rule_of(c));
  EXPECT_EQ(rules, wanted);
  EXPECT_GT(families.size(), 30u);
  for (const auto& [box, seen] : families) EXPECT_EQ(seen.size(), 2u) << box;
}

TEST(Catalogue, every_row_is_one_of_the_oracle) {
  std::set<std::string> rows;
  for (const auto& [row, covered] : coverage().rows) {
    rows.insert(row.id);
    EXPECT_TRUE(row.clause.starts_with("RFC 8684 ") && row.clause.size() > 9) << row.id;
  }
  EXPECT_GT(rows.size(), 100u);
  for (const Scenario& s : scenarios()) EXPECT_TRUE(rows.contains(s.row)) << s.file << ": " << s.row;
}

// A row or a demand without a scenario says why in its file: `why_not`.
TEST(Catalogue, no_row_and_no_demand_is_silently_untested) {
  EXPECT_THAT(silently_uncovered(coverage()), testing::IsEmpty());
  EXPECT_GT(coverage().demands.size(), 80u);
}

TEST(Catalogue, an_untested_row_without_a_reason_is_named) {
  const std::vector<OracleRow> rows = {{"opt.kind", "t", "RFC 8684 3.1"}, {"x.y", "t", "RFC 8684 3.1"}};
  const std::vector<Demand> demands = {{"3.1/a", "MUST", "s", {"x.y"}, ""},
                                       {"3.1/b", "MUST", "s", {"x.y"}, "because"},
                                       {"3.1/c", "MUST", "s", {"opt.kind", "x.y"}, ""}};
  EXPECT_THAT(silently_uncovered(coverage_of(rows, demands, all_cells())),
              testing::ElementsAre("row x.y", "clause 3.1/a"));
}

TEST(ListScenarios, coverage_as_text_and_as_json) {
  const std::string text = coverage_text(coverage());
  EXPECT_THAT(text, testing::HasSubstr("3.1/syn-without"));
  const Json json = Json::parse(coverage_json(coverage()));
  EXPECT_EQ(json.at("rows").size(), coverage().rows.size());
  for (const Json& clause : json.at("clauses")) {
    if (clause.at("id") != "3.2/token-unknown") continue;
    EXPECT_THAT(clause.at("scenarios"), testing::Contains("join/corrupt-token"));
  }
}

TEST(Catalogue, each_box_declares_what_it_edits) {
  for (const Scenario& s : scenarios())
    for (const BoxUse& box : s.boxes)
      EXPECT_TRUE(box.box.name == "pass" || !box.declares.empty())
          << s.file << ": the diff could not tell an armed box from an idle one";
}

// A `wire` rule that no declared edit covers can never hold.
TEST(Catalogue, wire_rules_speak_of_declared_edits) {
  for (const Cell& c : all_cells()) {
    for (const WireRule& rule : c.expect->wire) {
      bool covered = false;
      for (const BoxUse& box : c.boxes)
        for (const DeclaredEdit& d : box.declares)
          covered =
              covered || (d.kind == rule.kind && (d.field.empty() || rule.field.empty() ||
                                                  d.field.starts_with(rule.field) || rule.field.starts_with(d.field)));
      EXPECT_TRUE(covered) << c.id << ": " << rule.kind;
    }
  }
}

// Without a checksum no edit of the payload can be seen; with one, edited bytes never come as MPTCP data (RFC
// 8684 3.7), unless the sum is blind to the edit, as it is to aligned words that change places (RFC 1071 2).
TEST(Catalogue, byte_verdicts_fit_the_checksum) {
  for (const Cell& c : all_cells()) {
    EXPECT_FALSE(c.expect->bytes.empty()) << c.id;
    const bool hides = c.expect->bytes.find_first_of("UC") != std::string::npos;
    const bool blind = c.scenario->row == "pay.swap" || c.scenario->row == "pay.aware";  // the checksum is right
    EXPECT_FALSE(hides && c.checksum != "cs00" && !blind) << c.id;
    EXPECT_TRUE(!c.boxes.empty() || c.expect->bytes == "I") << c.id;
  }
}

TEST(Catalogue, every_plan_reads_back) {
  for (const Cell& c : all_cells()) EXPECT_EQ(read_plan(plan_of(c)).cell, c.id);
}

// tests/pcaps/live.py takes its captures from cells: they have to be there, and to be taken where a label says.
TEST(Catalogue, live_labels_name_cells_and_their_captures) {
  std::ifstream file(GAUNTLET_SOURCE_DIR "/tests/pcaps/labels.json");
  int live = 0;
  for (const Json& label : Json::parse(file)) {
    if (label.at("made") != "live") continue;
    ++live;
    const auto cell =
        std::find_if(all_cells().begin(), all_cells().end(), [&](const Cell& c) { return c.id == label.at("cell"); });
    ASSERT_NE(cell, all_cells().end()) << label.at("cell");
    std::vector<std::string> taken;
    const Json plan = lab_plan(*cell, {});
    for (const Json& point : plan.at("capture").at("points")) taken.push_back(point.at("interface").get<std::string>());
    for (const char* side : {"client", "server"})
      EXPECT_THAT(taken, testing::Contains(label.at(side).get<std::string>())) << label.at("name");
  }
  EXPECT_GT(live, 0);
}

TEST(ListScenarios, as_text_and_as_json) {
  const std::string text = scenarios_text(all_cells());
  EXPECT_THAT(text, testing::HasSubstr("MP_CAPABLE removed from the SYN  [core smoke opt handshake]\n"));
  const Json json = Json::parse(scenarios_json(all_cells()));
  EXPECT_EQ(json.at("scenarios").size(), scenarios().size());
  EXPECT_EQ(json.at("scenarios").at(0).at("id"), scenarios().front().id);
  EXPECT_TRUE(
      json.at("scenarios").at(0).at("cells").at(0).at("id").get<std::string>().starts_with(scenarios().front().id));
}

}  // namespace
}  // namespace gauntlet
