// The scenario files of the project against the real boxes: they load, name oracle rows, and cover what is promised.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/list_scenarios.hh"
#include "middleboxes/registry.hh"
#include "scenario/scenario.hh"
#include "util/toml.hh"

namespace gauntlet {
namespace {

const std::string kFolder = GAUNTLET_SOURCE_DIR "/scenarios";

// Loaded once: cells point into it.
const std::vector<Scenario>& catalogue() {
  static const std::vector<Scenario> all = load_scenarios(kFolder, box_schemas());
  return all;
}

std::vector<Cell> cells_with(const std::string& tag) {
  std::vector<Cell> out;
  for (const Scenario& s : catalogue())
    for (const Cell& c : expand(s, 0))
      if (tag.empty() || std::find(s.tags.begin(), s.tags.end(), tag) != s.tags.end()) out.push_back(c);
  return out;
}

std::set<std::string> row_ids() {
  std::set<std::string> out;
  const TomlValue rows = parse_toml_file(kFolder + "/rows.toml");
  for (const TomlValue& row : rows.find("row")->items) {
    EXPECT_TRUE(out.insert(row.find("id")->text).second) << "twice: " << row.find("id")->text;
    EXPECT_FALSE(row.find("title")->text.empty()) << row.find("id")->text;
    EXPECT_TRUE(row.find("clause")->text.starts_with("RFC 8684 ") && row.find("clause")->text.size() > 9)
        << row.find("id")->text;
  }
  return out;
}

TEST(Catalogue, loads_with_the_real_boxes_and_every_id_is_unique) {
  std::set<std::string> ids;
  for (const Cell& c : cells_with("")) EXPECT_TRUE(ids.insert(c.id).second) << c.id;
}

TEST(Catalogue, the_core_has_what_is_promised) {
  std::set<std::string> core;
  for (const Cell& c : cells_with("core")) core.insert(c.scenario->id);
  for (const char* id :
       {"addr/nat", "seq/rewrite", "seg/split", "seg/coalesce", "opt/strip-capable-syn", "opt/strip-capable-synack",
        "opt/strip-dss", "opt/eol-capable", "opt/eol-after-syn", "join/strip-syn", "pay/edit", "pay/ftp-alg", "none"})
    EXPECT_TRUE(core.contains(id)) << id;
  EXPECT_GE(cells_with("core").size(), 24u);
}

TEST(Catalogue, smoke_is_small_and_not_empty) {
  const size_t smoke = cells_with("smoke").size();
  EXPECT_GE(smoke, 1u);
  EXPECT_LE(smoke, 12u);
}

TEST(Catalogue, every_core_scenario_varies_family_and_checksum) {
  std::map<std::string, std::set<std::string>> families, checksums;
  for (const Cell& c : cells_with("core")) {
    const std::string id =
        c.scenario->id.starts_with("pay/ftp-alg") ? "pay/ftp-alg" : c.scenario->id;  // PORT is of IPv4, EPRT of IPv6
    families[id].insert(c.family), checksums[id].insert(c.checksum);
  }
  for (const auto& [id, seen] : families) EXPECT_EQ(seen.size(), 2u) << id;
  for (const auto& [id, seen] : checksums) EXPECT_EQ(seen.size(), id == "pay/edit-one-of-two" ? 1u : 2u) << id;
}

TEST(Catalogue, every_row_is_one_of_the_oracle) {
  const auto rows = row_ids();
  EXPECT_GT(rows.size(), 100u);
  for (const Scenario& s : catalogue()) EXPECT_TRUE(rows.contains(s.row)) << s.file << ": " << s.row;
}

TEST(Catalogue, each_box_declares_what_it_edits) {
  for (const Scenario& s : catalogue())
    for (const BoxUse& box : s.boxes)
      EXPECT_TRUE(box.box.name == "pass" || !box.declares.empty())
          << s.file << ": the diff could not tell an armed box from an idle one";
}

// A `wire` rule that no declared edit covers can never hold.
TEST(Catalogue, wire_rules_speak_of_declared_edits) {
  for (const Cell& c : cells_with("")) {
    if (!c.expect->wire) continue;
    bool covered = false;
    for (const BoxUse& box : c.boxes)
      for (const DeclaredEdit& d : box.declares)
        covered = covered || (d.kind == c.expect->wire->kind && (d.field.empty() || c.expect->wire->field.empty() ||
                                                                 d.field.starts_with(c.expect->wire->field) ||
                                                                 c.expect->wire->field.starts_with(d.field)));
    EXPECT_TRUE(covered) << c.id;
  }
}

// Without a checksum no edit of the payload can be seen; with one, edited bytes never come as MPTCP data (RFC
// 8684 3.7), unless the sum is blind to the edit, as it is to aligned words that change places (RFC 1071 2).
TEST(Catalogue, byte_verdicts_fit_the_checksum) {
  for (const Cell& c : cells_with("")) {
    EXPECT_FALSE(c.expect->bytes.empty()) << c.id;
    const bool hides = c.expect->bytes.find_first_of("UC") != std::string::npos;
    const bool blind = c.scenario->row == "pay.swap" || c.scenario->row == "pay.aware";  // the checksum is right
    EXPECT_FALSE(hides && c.checksum == "cs11" && !blind) << c.id;
    EXPECT_TRUE(!c.boxes.empty() || c.expect->bytes == "I") << c.id;
  }
}

TEST(Catalogue, every_plan_reads_back) {
  for (const Cell& c : cells_with("")) EXPECT_EQ(read_plan(plan_of(c)).cell, c.id);
}

TEST(ListScenarios, as_text_and_as_json) {
  const std::string text = scenarios_text(catalogue());
  EXPECT_THAT(text, testing::HasSubstr("MP_CAPABLE removed from the SYN  [core smoke opt handshake]\n"));
  const Json json = Json::parse(scenarios_json(catalogue()));
  EXPECT_EQ(json.at("scenarios").size(), catalogue().size());
  const auto nat = std::find_if(json.at("scenarios").begin(), json.at("scenarios").end(),
                                [](const Json& s) { return s.at("id") == "addr/nat"; });
  ASSERT_NE(nat, json.at("scenarios").end());
  EXPECT_EQ(nat->at("cells").at(0).at("id"), "addr/nat@ipv4,cs00,p2");
}

}  // namespace
}  // namespace gauntlet
