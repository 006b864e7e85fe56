// The formats for other programs: text written by hand, and the programs that read it.
#include "report/formats.hh"

#include <gmock/gmock.h>

#include "report/story.hh"
#include "report/xml.hh"
#include "sample.hh"
#include "util/process.hh"

namespace gauntlet {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kSource = GAUNTLET_SOURCE_DIR;

bool there(const std::string& program) { return std::filesystem::exists("/usr/bin/" + program); }

// One cell of every kind.
Results mixed() {
  CellResult harm = cell_at("pay/edit@ipv4,cs11", "harm");
  harm.gate = "unexpected", harm.culprit = "receiver", harm.file = "scenarios/pay/edit.toml", harm.line = 23;
  CellResult listed = cell_at("pay/edit@ipv6,cs11", "deviation");
  listed.gate = "known", listed.known = "no fallback, as in #45";
  CellResult surprise = cell_at("pay/grow", "pass");
  surprise.gate = "xpass", surprise.file = "scenarios/pay/grow.toml", surprise.line = 9;
  CellResult broken = cell_at("opt/strip@ipv4~2", "error");
  broken.gate = "unexpected", broken.reason = "armed.hits: not-armed", broken.seconds = 1.5;
  CellResult skipped = cell_at("opt/strip@ipv4~3", "skip");
  skipped.reason = "no ip6tables";
  CellResult good = cell_at("none@ipv4", "pass");
  good.seconds = 0.25;
  return results_of({harm, listed, surprise, broken, skipped, good});
}

Results all_good() { return results_of({cell_at("none@ipv4", "pass"), cell_at("opt/strip", "lenient")}); }

// Everything XML and TAP could stumble over.
Results nasty() {
  CellResult c = cell_at("pay/edit@ipv4", "harm");
  c.gate = "unexpected";
  c.reason = "a <b> & \"c\" ]]> \x01 \xC3\xA4 \xFF\n# TODO not really\nok 9 forged";
  c.checks[1].actual = "'<failure>'\r\n\tnext";
  return results_of({c});
}

TEST(Story, names_fall_into_folder_scenario_and_axes) {
  const auto parts = [](const std::string& id) {
    const CellName n = name_of_cell(id);
    return n.folder + " | " + n.scenario + " | " + n.axes;
  };
  EXPECT_EQ(parts("opt/strip-dss@ipv4,cs11"), "opt | opt/strip-dss | ipv4,cs11");
  EXPECT_EQ(parts("opt/strip-dss@ipv4,cs11~2"), "opt | opt/strip-dss | ipv4,cs11~2");
  EXPECT_EQ(parts("none"), "scenarios | none | default");
  EXPECT_EQ(parts("none~2"), "scenarios | none | default~2");
  EXPECT_EQ(parts("a/b/c@p2"), "a/b | a/b/c | p2");
}

TEST(Story, tells_what_was_expected_what_came_where_and_how_to_see_it_again) {
  EXPECT_EQ(story_of(mixed().cells[0]),
            "harm: not-the-bytes; bytes: expected T, got U (RFC 8684 3.7)\n"
            "bytes is harm: not-the-bytes, RFC 8684 3.7\n"
            "  expected: T\n"
            "  actual:   U\n"
            "  frames:   mptcp/s-c.pcapng 37, 38\n"
            "outcome: preserved\n"
            "bytes: U\n"
            "culprit: receiver\n"
            "kernel: 6.18.5\n"
            "scenario: scenarios/pay/edit.toml:23\n"
            "evidence: cells/pay/edit@ipv4,cs11/\n"
            "replay: gauntlet run 'pay/edit@ipv4,cs11' --seed 7\n");
  CellResult many = mixed().cells[0];
  many.checks[1].frames = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  EXPECT_THAT(story_of(many), HasSubstr("1, 2, 3, 4, 5, 6, 7, 8 and 2 more\n"));
}

TEST(Story, a_run_that_did_not_end_is_never_told_as_a_good_one) {
  Results cut = all_good();
  cut.plan.push_back("seg/split@ipv4");
  cut.complete = false;
  cut.damage = {"r:5: the last line is cut"};
  const auto cells = cells_to_tell(cut);
  ASSERT_EQ(cells.size(), 4u);
  EXPECT_EQ(cells[2].cell, "seg/split@ipv4");
  EXPECT_EQ(told(cells[2]), Told::errored);
  EXPECT_EQ(cells[3].cell, "gauntlet/results@whole");
  EXPECT_EQ(cells[3].reason, "r:5: the last line is cut");
  EXPECT_THAT(junit_xml(cut), HasSubstr(R"(<testsuites name="gauntlet" tests="4" failures="0" errors="2")"));
  EXPECT_THAT(ktap(cut), HasSubstr("not ok 3 seg/split@ipv4 # ERROR error: planned, but"));
  EXPECT_THAT(badge_json(cut), HasSubstr(R"("color":"red")"));
  EXPECT_THAT(annotations(cut), HasSubstr("::error title=gauntlet/results@whole::error: r:5: the last line is cut"));
}

TEST(Junit, suites_cases_and_what_became_of_them) {
  Results r = mixed();
  r.cells.resize(2);
  r.plan.resize(2);
  EXPECT_EQ(junit_xml(r), R"x(<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="gauntlet" tests="2" failures="1" errors="0" skipped="1" time="0.000">
  <testsuite name="pay" tests="2" failures="1" errors="0" skipped="1" time="0.000">
    <properties>
      <property name="tool" value="0.1.0"/>
      <property name="kernel" value="6.18.5"/>
      <property name="seed" value="7"/>
    </properties>
    <testcase classname="pay/edit" name="ipv4,cs11" time="0.000">
      <failure message="harm: not-the-bytes; bytes: expected T, got U (RFC 8684 3.7)" type="harm">)x" +
                              story_of(r.cells[0]) + R"x(</failure>
    </testcase>
    <testcase classname="pay/edit" name="ipv6,cs11" time="0.000">
      <skipped message="known deviation: no fallback, as in #45">)x" +
                              story_of(r.cells[1]) + R"x(</skipped>
    </testcase>
  </testsuite>
</testsuites>
)x");
}

TEST(Junit, a_pass_is_empty_an_error_an_error_and_a_listed_pass_a_failure) {
  const std::string xml = junit_xml(mixed());
  EXPECT_THAT(xml,
              HasSubstr(R"(<testsuites name="gauntlet" tests="6" failures="2" errors="1" skipped="2" time="1.750">)"));
  EXPECT_THAT(xml, HasSubstr(R"(<testcase classname="none" name="ipv4" time="0.250"/>)"));
  EXPECT_THAT(xml, HasSubstr(R"(name="ipv4~2" time="1.500">
      <error message="error: armed.hits: not-armed; bytes: )"));
  EXPECT_THAT(
      xml, HasSubstr(R"(<failure message="listed as known, but it passed: narrow or remove the entry" type="xpass">)"));
  EXPECT_THAT(xml, HasSubstr(R"(<skipped message="no ip6tables">)"));
}

TEST(Junit, unexpected_levels_fail_even_when_no_gate_was_asked) {
  EXPECT_THAT(junit_xml(results_of({cell_at("a", "deviation")})), HasSubstr("failures=\"1\""));
}

TEST(Xml, escapes_what_has_a_meaning_and_replaces_what_has_no_place) {
  EXPECT_EQ(xml_text("a<b>&\"c\"\n\t"), "a&lt;b&gt;&amp;&quot;c&quot;\n\t");
  EXPECT_EQ(xml_attribute("a\nb\tc\rd"), "a&#10;b&#9;c&#13;d");
  EXPECT_EQ(xml_text("\xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80"), "\xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80");
  const std::string gone = "\xEF\xBF\xBD";
  EXPECT_EQ(xml_text("\x01"), gone);
  EXPECT_EQ(xml_text(std::string_view("\0", 1)), gone);
  EXPECT_EQ(xml_text("\xFF"), gone);
  EXPECT_EQ(xml_text("\xC3"), gone) << "cut";
  EXPECT_EQ(xml_text("\xC0\xAF"), gone + gone) << "overlong";
  EXPECT_EQ(xml_text("\xED\xA0\x80"), gone + gone + gone) << "surrogate";
  EXPECT_EQ(xml_text("\xEF\xBF\xBF"), gone + gone + gone) << "U+FFFF";
}

TEST(Junit, is_valid_by_its_schema) {
  if (!there("xmllint")) GTEST_SKIP() << "xmllint is missing: install libxml2-utils";
  const TestFolder folder;
  const auto verdict = [&](const std::string& xml) {
    return run_tool(
        {"/usr/bin/xmllint", "--noout", "--schema", kSource + "/docs/junit.xsd", folder.file("j.xml", xml)});
  };
  for (const Results& r : {mixed(), all_good(), nasty(), results_of({})}) {
    const Output out = verdict(junit_xml(r));
    EXPECT_TRUE(out.exit.ok()) << out.err;
  }
  std::string wrong = junit_xml(mixed());
  wrong.replace(wrong.find("<failure "), 9, "<Failure ");
  wrong.replace(wrong.find("</failure>"), 10, "</Failure>");
  EXPECT_FALSE(verdict(wrong).exit.ok()) << "the schema must be able to say no";
}

TEST(Junit, a_consumer_reads_the_same_cells) {
  if (!run_tool({"/usr/bin/python3", "-c", "import junitparser"}).exit.ok())
    GTEST_SKIP() << "junitparser is missing: install python3-junitparser";
  const TestFolder folder;
  const std::string script = R"(
import sys, junitparser
for suite in junitparser.JUnitXml.fromfile(sys.argv[1]):
    for case in suite:
        print(suite.name, case.classname, case.name, *[type(r).__name__ for r in case.result])
)";
  const Output out = run_tool({"/usr/bin/python3", "-c", script, folder.file("j.xml", junit_xml(mixed()))});
  EXPECT_EQ(out.out,
            "opt opt/strip ipv4~2 Error\n"
            "opt opt/strip ipv4~3 Skipped\n"
            "pay pay/edit ipv4,cs11 Failure\n"
            "pay pay/edit ipv6,cs11 Skipped\n"
            "pay pay/grow default Failure\n"
            "scenarios none ipv4\n")
      << out.err;
}

TEST(Ktap, plan_first_checks_one_level_below) {
  Results r = results_of({mixed().cells[5], mixed().cells[1], mixed().cells[4]});
  r.cells[1].checks.push_back({"outcome", "", "not_evaluated", "", "", "", "", {}});
  EXPECT_EQ(ktap(r), R"(KTAP version 1
1..3
  KTAP version 1
  1..2
  ok 1 armed
  ok 2 bytes
ok 1 none@ipv4
ok 2 opt/strip@ipv4~3 # SKIP no ip6tables
  KTAP version 1
  1..3
  ok 1 armed
  ok 2 bytes # XFAIL no fallback, as in #45
  ok 3 outcome # SKIP not evaluated
ok 3 pay/edit@ipv6,cs11 # XFAIL known deviation: no fallback, as in #45
)");
}

// Results of before the checks carried their own have the cell's.
TEST(Ktap, each_listed_check_has_its_own_reason) {
  CellResult c = mixed().cells[1];
  c.checks.push_back(c.checks[1]);
  c.checks[2].id = "limits", c.checks[2].known = "waits for ever";
  const std::string text = ktap(results_of({c}));
  EXPECT_THAT(text, HasSubstr("  ok 2 bytes # XFAIL no fallback, as in #45\n"));
  EXPECT_THAT(text, HasSubstr("  ok 3 limits # XFAIL waits for ever\n"));
}

TEST(Ktap, a_failure_brings_its_story_and_an_error_says_so) {
  const std::string text = ktap(mixed());
  EXPECT_THAT(text, HasSubstr("  not ok 2 bytes\n# harm: not-the-bytes; bytes: expected T, got U (RFC 8684 3.7)\n"));
  EXPECT_THAT(text, HasSubstr("# replay: gauntlet run 'pay/edit@ipv4,cs11' --seed 7\nnot ok 4 pay/edit@ipv4,cs11\n"));
  EXPECT_THAT(text, HasSubstr("not ok 2 opt/strip@ipv4~2 # ERROR error: armed.hits: not-armed; "));
  EXPECT_THAT(text, HasSubstr("not ok 6 pay/grow\n"));
}

TEST(Ktap, prove_reads_it) {
  if (!there("prove")) GTEST_SKIP() << "prove is missing: install perl";
  const TestFolder folder;
  const auto prove = [&](const Results& r) {
    return run_tool({"/usr/bin/prove", "--merge", "--exec", "/bin/cat", folder.file("t.tap", ktap(r))});
  };
  const Output good = prove(all_good());
  EXPECT_TRUE(good.exit.ok()) << good.out << good.err;
  EXPECT_THAT(good.out, HasSubstr("Files=1, Tests=2,"));
  const Output fails = prove(mixed());
  EXPECT_FALSE(fails.exit.ok());
  EXPECT_THAT(fails.out, HasSubstr("Failed 3/6 subtests"));
  EXPECT_THAT(fails.out, HasSubstr("Failed tests:  2, 4, 6"));
  EXPECT_THAT(fails.out, Not(HasSubstr("Parse errors")));
  Results known = mixed();
  known.cells = {known.cells[1], known.cells[4]}, known.plan = {known.cells[0].cell, known.cells[1].cell};
  const Output listed = prove(known);
  EXPECT_TRUE(listed.exit.ok()) << listed.out;
  EXPECT_THAT(listed.out, HasSubstr("Tests=2"));
  const Output forged = prove(nasty());
  EXPECT_FALSE(forged.exit.ok());
  EXPECT_THAT(forged.out, testing::AllOf(HasSubstr("Failed 1/1 subtests"), Not(HasSubstr("Parse errors"))));
}

TEST(Badge, red_yellow_green_grey) {
  EXPECT_EQ(badge_json(mixed()),
            R"({"schemaVersion":1,"label":"conformance","message":"1/6, 1 known, 3 unexpected","color":"red"})"
            "\n");
  EXPECT_EQ(badge_json(all_good()), R"({"schemaVersion":1,"label":"conformance","message":"1/2","color":"brightgreen"})"
                                    "\n");
  EXPECT_EQ(badge_json(results_of({mixed().cells[1], mixed().cells[5]})),
            R"({"schemaVersion":1,"label":"conformance","message":"1/2, 1 known","color":"yellow"})"
            "\n");
  EXPECT_THAT(badge_json(results_of({mixed().cells[4]})), HasSubstr(R"("message":"nothing ran","color":"lightgrey")"));
}

TEST(Annotations, one_line_per_failing_cell_at_its_place) {
  const std::string text = annotations(mixed());
  EXPECT_THAT(text, HasSubstr("::error file=scenarios/pay/edit.toml,line=23,title=pay/edit@ipv4%2Ccs11::harm: "
                              "not-the-bytes; bytes: expected T, got U (RFC 8684 3.7)%0Abytes is harm"));
  EXPECT_THAT(text, HasSubstr("::error file=scenarios/pay/grow.toml,line=9,title=pay/grow::listed as known"));
  EXPECT_THAT(text, HasSubstr("::error title=opt/strip@ipv4~2::error: armed.hits"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
  CellResult percent = mixed().cells[0];
  percent.reason = "50% off: really, yes";
  percent.file = "odd:name,50%.toml";
  EXPECT_THAT(annotations(results_of({percent})),
              HasSubstr("::error file=odd%3Aname%2C50%25.toml,line=23,title=pay/edit@ipv4%2Ccs11::harm: 50%25 off: "
                        "really, yes; "));
  EXPECT_EQ(annotations(all_good()), "");
}

}  // namespace
}  // namespace gauntlet
