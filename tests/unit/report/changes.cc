#include "report/changes.hh"

#include <gmock/gmock.h>

#include "sample.hh"

namespace gauntlet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Kind = Change::Kind;

// "cell check: text" of each, with ! in front of what is for the worse.
std::vector<std::string> said(const Results& before, const Results& after) {
  std::vector<std::string> out;
  for (const Change& c : changes(before, after))
    out.push_back((c.bad ? "!" : "") + c.cell + (c.check.empty() ? "" : " " + c.check) + ": " + c.text);
  return out;
}

CellResult with_level(const char* level) { return cell_at("a@x", level); }

TEST(Changes, none) {
  const Results r = results_of({cell_at("a@x", "pass"), cell_at("b", "harm")});
  EXPECT_TRUE(changes(r, r).empty());
  EXPECT_EQ(to_text(changes(r, r)), "no change\n");
  EXPECT_FALSE(got_worse({}));
}

TEST(Changes, a_cell_and_its_check_by_name) {
  CellResult bad = with_level("harm");
  bad.outcome = "fallback-first", bad.culprit = "box", bad.gate = "unexpected";
  const auto all = changes(results_of({with_level("pass")}), results_of({bad}));
  EXPECT_EQ(to_text(all),
            "worse    a@x: pass -> harm, outcome preserved -> fallback-first, culprit - -> box, gate ok -> unexpected\n"
            "worse    a@x: bytes: pass -> harm (not-the-bytes): expected T, got U\n"
            "2 worse: changed for the worse\n");
  EXPECT_TRUE(got_worse(all));
  const auto back = changes(results_of({bad}), results_of({with_level("pass")}));
  EXPECT_FALSE(got_worse(back));
  EXPECT_THAT(to_text(back), HasSubstr("better   a@x: bytes: harm -> pass\n2 better: nothing got worse\n"));
}

TEST(Changes, the_order_of_levels_and_what_is_no_longer_judged) {
  const auto worse = [](const char* before, const char* after) {
    const auto all = changes(results_of({with_level(before)}), results_of({with_level(after)}));
    EXPECT_FALSE(all.empty());
    return all.at(0).kind == Kind::worse;
  };
  EXPECT_TRUE(worse("pass", "lenient"));
  EXPECT_TRUE(worse("lenient", "deviation"));
  EXPECT_TRUE(worse("deviation", "harm"));
  EXPECT_TRUE(worse("harm", "error"));
  EXPECT_FALSE(worse("error", "harm"));
  EXPECT_TRUE(worse("pass", "skip"));
  EXPECT_TRUE(worse("harm", "skip")) << "a skip hides it";
  EXPECT_FALSE(worse("skip", "pass"));
  EXPECT_TRUE(worse("skip", "deviation"));
}

TEST(Changes, another_outcome_of_the_same_level_is_a_change_and_no_worse) {
  CellResult other = with_level("pass");
  other.outcome = "fallback-handshake", other.bytes = "I";
  const auto all = changes(results_of({with_level("pass")}), results_of({other}));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].kind, Kind::changed);
  EXPECT_EQ(all[0].text, "outcome preserved -> fallback-handshake, bytes U -> I");
  EXPECT_FALSE(got_worse(all));
}

TEST(Changes, known_yesterday_unexpected_today_is_worse) {
  CellResult known = with_level("harm"), unexpected = known;
  known.gate = "known", unexpected.gate = "unexpected";
  EXPECT_THAT(said(results_of({known}), results_of({unexpected})), ElementsAre("!a@x: gate known -> unexpected"));
  EXPECT_THAT(said(results_of({unexpected}), results_of({known})), ElementsAre("a@x: gate unexpected -> known"));
}

TEST(Changes, cells_that_come_and_go) {
  const Results one = results_of({cell_at("a@x", "pass")});
  const Results two = results_of({cell_at("a@x", "pass"), cell_at("b", "pass"), cell_at("c", "harm")});
  EXPECT_THAT(said(one, two), ElementsAre("b: pass", "!c: harm"));
  EXPECT_THAT(said(two, one), ElementsAre("!b: was pass, not in the catalogue any more",
                                          "!c: was harm, not in the catalogue any more"));
  Results part = one;
  part.others = {"b"};
  part.plan.push_back("c");
  EXPECT_THAT(said(two, part), ElementsAre("b: was pass, not selected", "!c: was harm, planned but without a result"));
}

TEST(Changes, checks_that_come_and_go) {
  CellResult more = with_level("pass");
  more.checks.push_back({"limits", "", "pass", "", "", "", "", {}});
  more.checks.push_back({"joins", "", "not_evaluated", "", "", "", "", {}});
  const Results before = results_of({with_level("pass")}), after = results_of({more});
  EXPECT_THAT(said(before, after), ElementsAre("a@x limits: pass", "a@x joins: not_evaluated"));
  EXPECT_THAT(said(after, before), ElementsAre("!a@x limits: was pass", "a@x joins: was not_evaluated"));
}

TEST(Changes, several_checks_of_one_id_are_told_apart_by_what_they_expect) {
  CellResult before = with_level("pass"), after = before;
  const auto counter = [](const char* expected, const char* level) {
    return CheckResult{"counters.client", "", level, "", expected, "+1", "", {}};
  };
  before.checks = {counter("A moved", "pass"), counter("B did not move", "pass")};
  after.checks = {counter("B did not move", "lenient"), counter("A moved", "pass")};
  EXPECT_THAT(said(results_of({before}), results_of({after})),
              ElementsAre("!a@x counters.client (B did not move): pass -> lenient"));
}

}  // namespace
}  // namespace gauntlet
