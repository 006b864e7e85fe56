#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenario/scenario.hh"
#include "schemas.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

struct Row {
  const char* filter;
  std::vector<std::string> chosen;
};  // of the four cells below, by their axes

TEST(Filter, globs_over_ids_tags_and_axis_values) {
  const Scenario s = parse_scenario(kGood, "x.toml", test_schemas());  // id opt/x, tag core, family x checksum
  const auto cells = expand(s, 1);
  const std::string v4 = "opt/x@ipv4,", v6 = "opt/x@ipv6,";
  const std::vector<std::string> all = {v4 + "cs00", v4 + "cs11", v6 + "cs00", v6 + "cs11"};
  const std::vector<Row> rows = {
      {"opt/*", all},
      {"opt/x", all},
      {"core", all},
      {"*", all},
      {"o?t/x", all},
      {"pa*", all},  // pa*: the load is paced
      {"seq/*", {}},
      {"slow", {}},
      {"opt", {}},
      {"cor", {}},
      {"ipv4", {all[0], all[1]}},
      {"!ipv4", {all[2], all[3]}},
      {"cs11", {all[1], all[3]}},
      {"opt/x@ipv6,cs00", {all[2]}},
      {"*cs00", {all[0], all[2]}},
      {"opt/* & !slow & ipv4", {all[0], all[1]}},
      {"ipv4&cs00|ipv6&cs11", {all[0], all[3]}},
      {"ipv4 & (cs00 | cs11)", {all[0], all[1]}},
      {"!(ipv4 | cs00)", {all[3]}},
      {"!!ipv4", {all[0], all[1]}},
      {"ipv4 | cs11 & ipv6", {all[0], all[1], all[3]}},  // & binds tighter
      {"p1", all},
      {"p2", {}},
      {"on-p1", {}},
      {"on-all", all},
      {"kernel", all},
  };
  for (const Row& row : rows) {
    std::vector<std::string> got;
    for (const Cell& c : cells)
      if (matches(c, row.filter)) got.push_back(c.id);
    EXPECT_EQ(got, row.chosen) << row.filter;
  }
}

TEST(Filter, says_where_it_is_wrong) {
  const Scenario s = parse_scenario(kGood, "x.toml", test_schemas());
  const Cell cell = expand(s, 1)[0];
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"", "character 1: a name or glob is missing"},
      {"a &", "character 4: a name or glob is missing"},
      {"(a | b", "character 7: ')' is missing"},
      {"a b", "character 3: 'b' is unexpected"},
      {"a)", "character 2: ')' is unexpected"},
      {"a | & b", "character 5: a name or glob is missing"},
      {"ipv4 | (", "character 9: a name or glob is missing"}};
  for (const auto& [filter, says] : rows) {
    try {
      matches(cell, filter);
      ADD_FAILURE() << filter << " was accepted";
    } catch (const UsageError& e) {
      EXPECT_THAT(e.what(), testing::HasSubstr(says)) << filter;
      EXPECT_THAT(e.what(), testing::HasSubstr("'opt/* & !slow & ipv4'"));
    }
  }
}

}  // namespace
}  // namespace gauntlet
