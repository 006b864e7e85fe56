// Repeated cells: what varies is named with its rate, and only what a scenario calls undecided may vary.
#include "report/rates.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/summary.hh"

namespace gauntlet {
namespace {

using testing::HasSubstr;
using testing::Not;

CellResult cell(const std::string& name, const std::string& level, const std::string& outcome) {
  CellResult c;
  c.cell = name, c.level = level, c.outcome = outcome, c.bytes = "I";
  return c;
}

Results twice() {
  Results r;
  r.cells = {cell("a/x@ipv4", "pass", "preserved"),   cell("a/x@ipv4~2", "pass", "preserved"),
             cell("b/y", "pass", "fallback-first"),   cell("b/y~2", "pass", "fallback-late"),
             cell("b/y~3", "pass", "fallback-first"), cell("c/z", "lenient", "stall")};
  return r;
}

TEST(Rates, outcome_and_level_make_the_verdict) {
  const auto rates = rates_of(twice());
  ASSERT_EQ(rates.size(), 2u);  // c/z ran once
  EXPECT_TRUE(rates[0].steady());
  EXPECT_EQ(rates[1].seen,
            (std::map<std::string, size_t>{{"pass fallback-first [I]", 2}, {"pass fallback-late [I]", 1}}));
  EXPECT_FALSE(rates[1].steady());
  EXPECT_FALSE(rates[1].may_vary());
}

TEST(Rates, the_text_names_what_varies_with_its_rates) {
  Results results = twice();
  const std::string text = rates_text(rates_of(results));
  EXPECT_THAT(text, HasSubstr("2 cells, 2 to 3 rounds each: 1 with the same verdict each time"));
  EXPECT_THAT(text, HasSubstr("b/y !  pass fallback-first [I] 2/3  pass fallback-late [I] 1/3"));
  EXPECT_THAT(text, Not(HasSubstr("a/x")));
  for (CellResult& c : results.cells)
    if (without_round(c.cell) == "b/y") c.undecided = "two timers race";
  EXPECT_THAT(rates_text(rates_of(results)), AllOf(HasSubstr("b/y  pass"), HasSubstr("(undecided: two timers race)")));
  EXPECT_EQ(rates_text({}), "");
}

TEST(Summary, counts_by_family_and_puts_the_worst_first) {
  Results r = twice();
  r.cells.push_back(cell("a/w@ipv6", "harm", "stall"));
  r.cells.push_back(cell("c/z~2", "lenient", "stall"));
  const std::string text = run_summary(r);
  EXPECT_THAT(text, testing::ContainsRegex("a +2 +\\. +\\. +1 +\\. +\\.\n"));  // pass lenient deviation harm error skip
  EXPECT_LT(text.find("a/w"), text.find("c/z"));
  EXPECT_THAT(text, HasSubstr("2 x lenient   c/z"));
}

}  // namespace
}  // namespace gauntlet
