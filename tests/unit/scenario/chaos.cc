// [chaos]: the chain of a cell follows from its seed, and keeps what makes each of its boxes act.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "scenario/load_parts.hh"
#include "schemas.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

std::vector<BoxSchema> more_schemas() {
  std::vector<BoxSchema> out = test_schemas();
  for (const char* name : {"seq", "ttl", "tos"}) {
    BoxSchema schema;
    schema.name = name;
    schema.params = with_common({});
    out.push_back(schema);
  }
  return out;
}

std::string with_chaos(const std::string& chaos) {
  std::string text = kGood;
  const size_t box = text.find("[[box]]");
  text.erase(box, text.find("[workload]") - box);
  text.erase(text.find("wire = "), text.find("[matrix]") - text.find("wire = "));
  return text.insert(box, "[chaos]\n" + chaos + "\n");
}

Scenario scenario(const std::string& chaos) { return parse_scenario(with_chaos(chaos), "x.toml", more_schemas()); }

const char* kList =
    "chains = 50\nboxes = [\"seq\", \"seq:dir=c2s\", \"ttl\", \"tos\"]\none_of = [\"strip:when=syn\", "
    "\"delay:by=1ms\"]";

TEST(Chaos, every_chain_has_two_or_three_boxes_in_path_order_and_one_of_the_special_ones) {
  const Scenario s = scenario(kList);
  std::set<size_t> lengths, special_at;
  std::set<std::string> first;
  for (const Cell& cell : expand(s, 1)) {
    std::vector<std::string> on, names;
    size_t special = 0;
    for (const BoxUse& box : cell.boxes) {
      if (box.box.name == "strip" || box.box.name == "delay") ++special, special_at.insert(on.size());
      on.push_back(box.on == "core" ? "z" : box.on);
      names.push_back(box.box.name);
    }
    EXPECT_EQ(special, 1u) << cell.id;
    EXPECT_TRUE(std::is_sorted(on.begin(), on.end())) << cell.id;
    EXPECT_EQ(std::set<std::string>(on.begin(), on.end()).size(), on.size()) << cell.id;
    EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size()) << cell.id;
    lengths.insert(on.size());
  }
  EXPECT_EQ(lengths, (std::set<size_t>{2, 3}));
  EXPECT_EQ(special_at, (std::set<size_t>{0, 1, 2}));
}

TEST(Chaos, the_seed_of_the_run_draws_the_chains) {
  const Scenario s = scenario(kList);
  const auto specs = [&](uint64_t seed) {
    std::vector<std::string> out;
    for (const Cell& cell : expand(s, seed))
      for (const BoxUse& box : cell.boxes) out.push_back(cell.id + box.on + to_text(box.box));
    return out;
  };
  EXPECT_EQ(specs(1), specs(1));
  EXPECT_NE(specs(1), specs(2));
  EXPECT_EQ(expand(s, 1).size(), 200u);  // two families, two checksums, fifty chains
  EXPECT_EQ(expand(s, 1)[0].id, "opt/x@ipv4,cs00,chain-01");
}

TEST(Chaos, what_is_wrong_with_a_list_is_named) {
  const auto message = [](const std::string& chaos) -> std::string {
    try {
      scenario(chaos);
    } catch (const UsageError& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_THAT(message("chains = 3\nboxes = [\"nix\", \"seq\", \"ttl\", \"tos\"]"),
              testing::HasSubstr("there is no box 'nix'"));
  EXPECT_THAT(message("boxes = [\"seq\", \"ttl\", \"tos\"]"), testing::HasSubstr("no number of `chains`"));
  EXPECT_THAT(message("chains = 3\nboxes = [\"seq\", \"ttl\", \"seq:dir=c2s\"]"),
              testing::HasSubstr("at least three names"));
}

}  // namespace
}  // namespace gauntlet
