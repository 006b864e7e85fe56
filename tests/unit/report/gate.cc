// Every rule of the gate, seen red.
#include "report/gate.hh"

#include <gmock/gmock.h>

#include "sample.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

using testing::HasSubstr;
using Kind = Finding::Kind;

const std::string kEntry = R"([[known]]
cell = "pay/edit@*"
check = "bytes"
level = "harm"
kernel = ">=6.18, <7.0"
reason = "the kernel does X"
evidence = "shadow receiver"
since = 2026-11-20
review = 2027-03-01
)";

std::vector<Known> known() { return parse_expectations(kEntry, "e.toml"); }

bool has(const GateReport& r, Kind kind, const std::string& subject) {
  return std::any_of(r.findings.begin(), r.findings.end(),
                     [&](const Finding& f) { return f.kind == kind && f.subject == subject; });
}

TEST(Gate, green_when_all_pass_or_are_lenient) {
  const GateReport r = gate(results_of({cell_at("a", "pass"), cell_at("b", "lenient"), cell_at("c", "skip")}), {}, {});
  EXPECT_EQ(r.exit, 0) << to_text(r);
  EXPECT_TRUE(r.findings.empty());
  EXPECT_THAT(to_text(r), HasSubstr("gate: as expected (3 cells, 0 findings)"));
}

TEST(Gate, unlisted_deviation_or_harm_is_red) {
  for (const char* level : {"deviation", "harm"}) {
    const GateReport r = gate(results_of({cell_at("a", level)}), {}, {});
    EXPECT_EQ(r.exit, 1) << level;
    EXPECT_TRUE(has(r, Kind::unexpected, "a"));
    EXPECT_EQ(r.cells[0].gate, "unexpected");
    EXPECT_THAT(to_text(r),
                testing::AllOf(HasSubstr("unexpected: a: bytes is "), HasSubstr("expected T, got U, RFC 8684 3.7"),
                               HasSubstr("gauntlet run 'a' --seed 7"), HasSubstr("--propose")));
  }
}

TEST(Gate, listed_harm_is_known_and_green) {
  const GateReport r = gate(results_of({cell_at("pay/edit@ipv4", "harm")}), known(), {});
  EXPECT_EQ(r.exit, 0) << to_text(r);
  EXPECT_EQ(r.cells[0].gate, "known");
  EXPECT_EQ(r.cells[0].known, "the kernel does X");
}

TEST(Gate, each_listed_check_has_the_reason_of_its_own_entry) {
  std::string other = kEntry;
  other.replace(other.find("\"bytes\""), 7, "\"limits\"");
  other.replace(other.find("does X"), 6, "waits");
  CellResult c = cell_at("pay/edit@ipv4", "harm");
  c.checks.push_back(c.checks[1]);
  c.checks[2].id = "limits";
  const GateReport r = gate(results_of({c}), parse_expectations(kEntry + other, "e.toml"), {});
  EXPECT_EQ(r.exit, 0) << to_text(r);
  EXPECT_EQ(r.cells[0].checks[0].known, "");
  EXPECT_EQ(r.cells[0].checks[1].known, "the kernel does X");
  EXPECT_EQ(r.cells[0].checks[2].known, "the kernel waits");
  EXPECT_EQ(r.cells[0].known, "the kernel does X");
}

TEST(Gate, another_level_check_or_cell_than_listed_is_red) {
  EXPECT_EQ(gate(results_of({cell_at("pay/edit@ipv4", "deviation")}), known(), {}).exit, 1);
  EXPECT_EQ(gate(results_of({cell_at("pay/edit@ipv4", "harm", "outcome")}), known(), {}).exit, 1);
  EXPECT_EQ(gate(results_of({cell_at("pay/grow@ipv4", "harm")}), known(), {}).exit, 1);
}

TEST(Gate, the_same_in_many_cells_is_told_twice_and_counted) {
  std::vector<CellResult> cells;
  for (const char* id : {"pay/edit@a", "pay/edit@b", "pay/edit@c", "pay/edit@d", "pay/grow@a"})
    cells.push_back(cell_at(id, "harm"));
  const GateReport r = gate(results_of(cells), {}, {});
  EXPECT_EQ(r.findings.size(), 5u);
  const std::string text = to_text(r);
  EXPECT_THAT(text, HasSubstr("unexpected: pay/edit@b: bytes is harm"));
  EXPECT_THAT(text, testing::Not(HasSubstr("pay/edit@c")));
  EXPECT_THAT(text, HasSubstr("unexpected: pay/edit: bytes fails in 2 more cells"));
  EXPECT_THAT(text, HasSubstr("unexpected: pay/grow@a: bytes is harm"));
  EXPECT_THAT(text, HasSubstr("(5 cells, 5 findings)"));
}

TEST(Gate, one_listed_check_does_not_excuse_another) {
  CellResult c = cell_at("pay/edit@ipv4", "harm");
  c.checks.push_back({"outcome", "RFC 8684 3.7", "deviation", "", "a", "b", "", {}});
  const GateReport r = gate(results_of({c}), known(), {});
  EXPECT_EQ(r.exit, 1);
  EXPECT_EQ(r.cells[0].gate, "unexpected");
  EXPECT_EQ(r.findings.size(), 1u);
  EXPECT_EQ(r.findings[0].check, "outcome");
}

TEST(Gate, a_level_no_check_explains_is_red) {
  CellResult c = cell_at("pay/edit@ipv4", "harm");
  c.checks.clear();
  EXPECT_EQ(gate(results_of({c}), {}, {}).exit, 1);
  CellResult worse = cell_at("a", "harm");
  worse.checks[1].level = "deviation";
  EXPECT_EQ(gate(results_of({worse}), {}, {}).findings.size(), 2u);
}

TEST(Gate, a_cell_is_as_bad_as_the_worst_of_its_checks) {
  CellResult hidden = cell_at("a", "pass");
  for (const char* level : {"lenient", "deviation", "harm"}) {
    hidden.checks[1].level = level;
    EXPECT_EQ(gate(results_of({hidden}), {}, {}).exit, 1) << level;
  }
  hidden.checks[1].level = "error";
  const GateReport r = gate(results_of({hidden}), {}, {});
  EXPECT_EQ(r.exit, 3);
  EXPECT_TRUE(has(r, Kind::error, "a"));
  EXPECT_EQ(r.cells[0].gate, "unexpected");
  // What is listed excuses its own check only.
  CellResult also = cell_at("pay/edit@ipv4", "harm");
  also.checks[0].level = "error";
  EXPECT_EQ(gate(results_of({also}), known(), {}).exit, 3);
  CellResult skipped = cell_at("a", "skip");
  skipped.checks[1].level = "harm";
  EXPECT_EQ(gate(results_of({skipped, cell_at("b", "pass")}), {}, {}).exit, 1);
}

TEST(Gate, a_pass_that_nothing_was_evaluated_for_is_red) {
  CellResult c = cell_at("a", "pass");
  for (CheckResult& check : c.checks) check.level = "not_evaluated";
  EXPECT_TRUE(has(gate(results_of({c}), {}, {}), Kind::unexpected, "a"));
  c.checks.clear();
  EXPECT_EQ(gate(results_of({c}), {}, {}).exit, 1);
}

TEST(Gate, listed_and_passed_is_red) {
  const GateReport r =
      gate(results_of({cell_at("pay/edit@ipv4", "pass"), cell_at("pay/edit@ipv6", "harm")}), known(), {});
  EXPECT_EQ(r.exit, 1);
  EXPECT_TRUE(has(r, Kind::xpass, "pay/edit@ipv4"));
  EXPECT_EQ(r.cells[0].gate, "xpass");
  EXPECT_EQ(r.cells[1].gate, "known");
  EXPECT_THAT(to_text(r), HasSubstr("e.toml:1 lists it as harm; narrow or remove the entry"));
}

// The same check, made of each end: one holds, the other fails as listed.
TEST(Gate, a_check_made_of_both_ends_passes_only_when_neither_fails) {
  for (const bool passes_first : {true, false}) {
    CellResult c = cell_at("pay/edit@ipv4", "harm");
    CheckResult other = c.checks[1];
    other.level = "pass";
    c.checks.insert(passes_first ? c.checks.begin() + 1 : c.checks.end(), other);
    const GateReport r = gate(results_of({c}), known(), {});
    EXPECT_EQ(r.exit, 0) << passes_first << to_text(r);
    EXPECT_EQ(r.cells[0].gate, "known");
    for (CheckResult& check : c.checks) check.level = "pass";
    c.level = "pass";
    EXPECT_EQ(gate(results_of({c}), known(), {}).cells[0].gate, "xpass");
  }
}

TEST(Gate, an_entry_of_a_day_to_come_warns_and_fails_at_night) {
  const Results r = results_of({cell_at("pay/edit@ipv4", "harm")});
  GateOptions options;
  options.today = "2026-11-19";
  EXPECT_EQ(gate(r, known(), options).exit, 0);
  EXPECT_THAT(to_text(gate(r, known(), options)), HasSubstr("warning: entry: e.toml:1: 'pay/edit@*' is listed since"));
  options.nightly = true;
  EXPECT_EQ(gate(r, known(), options).exit, 1);
  options.today = "2026-11-20";
  EXPECT_EQ(gate(r, known(), options).exit, 0);
}

TEST(Gate, evidence_that_is_not_there_is_red) {
  const TestFolder folder;
  folder.file("findings.md", "seen");
  const Results r = results_of({cell_at("pay/edit@ipv4", "harm")});
  for (const auto& [evidence, missing] : {std::pair<std::string, std::string>{"shadow receiver", ""},
                                          {"https://example.org/5", ""},
                                          {folder.file("findings.md") + "#4: 20 of 20", ""},
                                          {"./findings.md, 20 of 20", ""},
                                          {"none/such.md 3: as above", "none/such.md"}}) {
    std::string text = kEntry;
    text.replace(text.find("shadow receiver"), 15, evidence);
    const std::vector<Known> list = load_expectations(folder.file("e.toml", text));
    EXPECT_EQ(list[0].missing, missing);
    EXPECT_EQ(gate(r, list, {}).exit, missing.empty() ? 0 : 1) << evidence;
  }
}

TEST(Gate, stale_entries_are_red) {
  const GateReport nothing_matches = gate(results_of({cell_at("a", "pass")}), known(), {});
  EXPECT_EQ(nothing_matches.exit, 1);
  EXPECT_TRUE(has(nothing_matches, Kind::stale, "e.toml:1"));
  const GateReport no_such_check = gate(results_of({cell_at("pay/edit@ipv4", "pass", "outcome")}), known(), {});
  EXPECT_EQ(no_such_check.exit, 1);
  EXPECT_TRUE(has(no_such_check, Kind::stale, "e.toml:1"));
}

TEST(Gate, an_entry_is_not_stale_where_it_could_not_show) {
  Results left_out = results_of({cell_at("a", "pass")});
  left_out.others = {"pay/edit@ipv4"};
  EXPECT_EQ(gate(left_out, known(), {}).exit, 0);
  EXPECT_EQ(gate(results_of({cell_at("a", "pass"), cell_at("pay/edit@ipv4", "skip")}), known(), {}).exit, 0);
  CellResult unseen = cell_at("pay/edit@ipv4", "pass");
  unseen.checks[1].level = "not_evaluated";
  EXPECT_EQ(gate(results_of({unseen}), known(), {}).exit, 0);
}

TEST(Gate, entries_for_other_kernels_do_not_count) {
  Results older = results_of({cell_at("a", "pass")});
  older.runs[0].kernel = "6.12.1";
  EXPECT_EQ(gate(older, known(), {}).exit, 0) << "not stale here";
  Results fails = results_of({cell_at("pay/edit@ipv4", "harm")});
  fails.runs[0].kernel = fails.cells[0].kernel = "7.0.0";
  EXPECT_EQ(gate(fails, known(), {}).exit, 1) << "nor does it excuse";
}

TEST(Gate, errors_outrank_and_cannot_be_listed) {
  const GateReport r = gate(results_of({cell_at("pay/edit@ipv4", "error"), cell_at("a", "harm")}), known(), {});
  EXPECT_EQ(r.exit, 3);
  EXPECT_TRUE(has(r, Kind::error, "pay/edit@ipv4"));
  EXPECT_TRUE(has(r, Kind::unexpected, "a"));
  EXPECT_EQ(r.cells[0].gate, "unexpected");
}

TEST(Gate, incomplete_runs_are_3) {
  Results cut = results_of({cell_at("a", "pass")});
  cut.complete = false;
  EXPECT_EQ(gate(cut, {}, {}).exit, 3);
  cut.damage = {"r:5: the last line is cut"};
  EXPECT_THAT(to_text(gate(cut, {}, {})), HasSubstr("incomplete: r:5: the last line is cut"));
}

TEST(Gate, nothing_ran_is_4) {
  EXPECT_EQ(gate(results_of({}), {}, {}).exit, 4);
  EXPECT_EQ(gate(results_of({cell_at("a", "skip")}), {}, {}).exit, 4);
}

TEST(Gate, skips_are_errors_on_demand) {
  GateOptions options;
  options.no_skips = true;
  const GateReport r = gate(results_of({cell_at("a", "skip"), cell_at("b", "pass")}), {}, options);
  EXPECT_EQ(r.exit, 3);
  EXPECT_TRUE(has(r, Kind::skipped, "a"));
}

TEST(Gate, rounds_of_a_cell_that_differ_are_red_with_their_rate) {
  EXPECT_EQ(gate(results_of({cell_at("a", "pass"), cell_at("a~2", "pass")}), {}, {}).exit, 0);
  CellResult other = cell_at("a~3", "pass");
  other.outcome = "fallback-first";
  const GateReport r = gate(results_of({cell_at("a", "pass"), cell_at("a~2", "pass"), other}), {}, {});
  EXPECT_EQ(r.exit, 1);
  EXPECT_TRUE(has(r, Kind::unstable, "a"));
  EXPECT_THAT(to_text(r), HasSubstr("1 x pass fallback-first [U], 2 x pass preserved [U]"));
  EXPECT_EQ(gate(results_of({cell_at("a", "pass"), cell_at("a~2", "lenient")}), {}, {}).exit, 1);
}

TEST(Gate, rounds_of_an_undecided_cell_may_differ_but_each_is_judged) {
  const auto round = [](const char* name, const char* level) {
    CellResult c = cell_at(name, level);
    c.undecided = "44 of 47 rounds";
    return c;
  };
  const std::vector<CellResult> rounds = {round("pay/edit@ipv4", "harm"), round("pay/edit@ipv4~2", "pass")};
  EXPECT_EQ(gate(results_of(rounds), known(), {}).exit, 0);
  const GateReport unlisted = gate(results_of(rounds), {}, {});
  EXPECT_TRUE(has(unlisted, Kind::unexpected, "pay/edit@ipv4"));
  EXPECT_FALSE(has(unlisted, Kind::unstable, "pay/edit@ipv4"));
  // The same rounds without the word: red twice.
  const GateReport decided =
      gate(results_of({cell_at("pay/edit@ipv4", "harm"), cell_at("pay/edit@ipv4~2", "pass")}), known(), {});
  EXPECT_TRUE(has(decided, Kind::unstable, "pay/edit@ipv4"));
  EXPECT_TRUE(has(decided, Kind::xpass, "pay/edit@ipv4~2"));
}

TEST(Gate, an_entry_covers_every_round) {
  EXPECT_EQ(gate(results_of({cell_at("pay/edit@ipv4", "harm"), cell_at("pay/edit@ipv4~2", "harm")}), known(), {}).exit,
            0);
}

TEST(Gate, past_its_review_day_warns_and_fails_at_night) {
  const Results r = results_of({cell_at("pay/edit@ipv4", "harm")});
  GateOptions options;
  options.today = "2027-03-01";
  EXPECT_TRUE(gate(r, known(), options).findings.empty());
  options.today = "2027-03-02";
  EXPECT_EQ(gate(r, known(), options).exit, 0);
  EXPECT_THAT(to_text(gate(r, known(), options)), HasSubstr("warning: review: e.toml:1"));
  options.nightly = true;
  EXPECT_EQ(gate(r, known(), options).exit, 1);
}

TEST(Gate, proposes_what_is_unlisted_and_leaves_the_judgement_open) {
  CellResult c = cell_at("pay/edit@ipv4", "harm");
  c.checks.push_back({"outcome", "RFC 8684 3.7", "deviation", "", "fallback-fail", "preserved", "", {}});
  const GateReport r = gate(results_of({c, cell_at("a", "pass")}), known(), {});
  const std::string text = propose(r, "2026-11-20");
  EXPECT_THAT(text, HasSubstr("cell     = \"pay/edit@ipv4\"\ncheck    = \"outcome\"\nlevel    = \"deviation\"\nkernel  "
                              " = \">=6.18, <6.19\"\n"));
  EXPECT_THAT(text, testing::Not(HasSubstr("\"bytes\"")));
  EXPECT_THROW(parse_expectations(text, "p.toml"), UsageError) << "pasted without thought it must not load";
}

struct Bad {
  const char* what;
  std::string from, to;
  const char* says;
};

TEST(Expectations, every_key_is_demanded_and_checked) {
  const std::vector<Bad> rows = {
      {"no cell", "cell = \"pay/edit@*\"\n", "", "e.toml:1: [[known]] has no `cell`"},
      {"no check", "check = \"bytes\"\n", "", "has no `check`"},
      {"no level", "level = \"harm\"\n", "", "has no `level`"},
      {"no kernel", "kernel = \">=6.18, <7.0\"\n", "", "has no `kernel`"},
      {"no reason", "reason = \"the kernel does X\"\n", "", "has no `reason`"},
      {"empty reason", "the kernel does X", "", "e.toml:6: `reason` in [[known]] is empty"},
      {"no evidence", "evidence = \"shadow receiver\"\n", "", "has no `evidence`"},
      {"no since", "since = 2026-11-20\n", "", "has no `since`"},
      {"no review", "review = 2027-03-01\n", "", "has no `review`"},
      {"error", "\"harm\"", "\"error\"", "e.toml:4: `level` in [[known]] cannot be 'error'"},
      {"any check", "\"bytes\"", "\"*\"", "e.toml:3: `check` cannot be '*': no wildcard over checks"},
      {"some checks", "\"bytes\"", "\"counters.*\"", "no wildcard over checks"},
      {"any cell", "pay/edit@*", "*", "e.toml:2: `cell` cannot be '*'"},
      {"any cell, dressed up", "pay/edit@*", "*/*@*,*", "`cell` cannot be '*/*@*,*'"},
      {"any cell with a letter", "pay/edit@*", "*i*", "`cell` cannot be '*i*'"},
      {"a whole family", "pay/edit@*", "pay/*@*,cs11", "name one scenario in full"},
      {"scenarios that begin alike", "pay/edit@*", "pay/edit*", "name one scenario in full"},
      {"no scenario", "pay/edit@*", "@ipv4", "name one scenario in full"},
      {"kernel without bound", ">=6.18, <7.0", "6.18", "e.toml:5: `kernel` cannot be '6.18'"},
      {"kernel without number", ">=6.18, <7.0", ">=new", "`kernel` cannot be '>=new'"},
      {"kernel with other bounds", ">=6.18, <7.0", "<=6.18", "(allowed: \">=6.18, <7.0\""},
      {"date as text", "2026-11-20", "\"2026-11-20\"", "e.toml:8: `since` in [[known]] is a string; write a date"},
      {"review before since", "2027-03-01", "2026-11-20", "e.toml:9: `review` 2026-11-20 is not after `since`"},
      {"unknown key", "reason", "raison", "e.toml:6: unknown key `raison`"},
      {"unknown table", "[[known]]", "[[knwon]]", "e.toml:1: unknown key `knwon`"},
  };
  ASSERT_NO_THROW(parse_expectations(kEntry, "e.toml"));
  for (const Bad& row : rows) {
    std::string text = kEntry;
    text.replace(text.find(row.from), row.from.size(), row.to);
    try {
      parse_expectations(text, "e.toml");
      ADD_FAILURE() << row.what << " was accepted";
    } catch (const UsageError& e) {
      EXPECT_THAT(e.what(), HasSubstr(row.says)) << row.what;
    }
  }
  EXPECT_THROW(parse_expectations(kEntry + kEntry, "e.toml"), UsageError) << "twice";
}

TEST(Expectations, the_file_of_the_project_loads_and_its_evidence_is_there) {
  for (const Known& k : load_expectations(GAUNTLET_SOURCE_DIR "/ci/expectations.toml"))
    EXPECT_EQ(k.missing, "") << k.place;
}

TEST(KernelRange, compares_numbers_not_text) {
  const auto range = KernelRange::parse(">=6.9, <6.18.2");
  const std::vector<std::pair<const char*, bool>> rows = {{"6.8", false},    {"6.9", true},  {"6.9.0", true},
                                                          {"6.10", true},    {"6.18", true}, {"6.18.1-amd64", true},
                                                          {"6.18.2", false}, {"7", false}};
  for (const auto& [kernel, in] : rows) EXPECT_EQ(range.holds(kernel), in) << kernel;
  EXPECT_TRUE(KernelRange::parse(">=6.18").holds("9.1"));
}

}  // namespace
}  // namespace gauntlet
