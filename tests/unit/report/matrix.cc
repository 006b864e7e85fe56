#include "report/matrix.hh"

#include <gmock/gmock.h>

#include "sample.hh"

namespace gauntlet {
namespace {

using testing::HasSubstr;
using testing::Not;

Results sample() {
  CellResult known = cell_at("pay/edit@ipv6,cs11", "deviation");
  known.gate = "known", known.known = "the kernel does X", known.culprit = "receiver";
  CellResult harm = cell_at("pay/edit@ipv4,cs11", "harm");
  harm.gate = "unexpected";
  CellResult listed = cell_at("opt/x@ipv4,cs11", "pass");
  listed.gate = "xpass";
  Results r = results_of({known, harm, cell_at("none", "pass"), cell_at("opt/x@ipv6,cs11", "skip"), listed});
  r.plan.push_back("seq/y@ipv4");  // no result
  return r;
}

// Scenarios with the same axes share a table; rows and columns are sorted whatever order the cells ran in.
TEST(TerminalMatrix, rows_columns_letters_and_marks) {
  const std::string text = terminal_matrix(sample(), false);
  EXPECT_THAT(text, HasSubstr("none     P\n"));
  EXPECT_THAT(text, HasSubstr("         ipv4 ipv6\n"
                              "         cs11 cs11\n"
                              "opt/x    P^   S\n"
                              "pay/edit H!   D*\n"));
  EXPECT_THAT(text, HasSubstr("         ipv4\nseq/y    ?\n"));
  EXPECT_THAT(text, HasSubstr("P pass  L lenient  D deviation  H harm  E error  S skip"));
  EXPECT_THAT(text, HasSubstr("2 pass, 0 lenient, 1 deviation (1 known), 1 harm, 0 error, 1 skip of 6 cells\n"));
}

TEST(TerminalMatrix, tells_all_that_did_not_pass_worst_first) {
  const std::string text = terminal_matrix(sample(), false);
  const auto harm = text.find("harm, unexpected pay/edit@ipv4,cs11\n"),
             known = text.find("deviation, known pay/edit@ipv6,cs11\n");
  ASSERT_NE(harm, std::string::npos) << text;
  ASSERT_NE(known, std::string::npos) << text;
  EXPECT_LT(harm, known);
  EXPECT_THAT(text, HasSubstr("not-the-bytes; bytes: expected T, got U (RFC 8684 3.7)\n"));
  EXPECT_THAT(text, HasSubstr("      culprit: receiver\n      known: the kernel does X\n      evidence: "
                              "cells/pay/edit@ipv6,cs11/\n      replay: gauntlet run 'pay/edit@ipv6,cs11' --seed 7\n"));
  EXPECT_THAT(text, HasSubstr("skip opt/x@ipv6,cs11\n"));
  EXPECT_THAT(text, HasSubstr("pass, listed as known, but it passed opt/x@ipv4,cs11\n"));
  EXPECT_THAT(text, Not(HasSubstr("replay: gauntlet run 'none'")));
}

TEST(TerminalMatrix, of_several_rounds_the_worst_is_shown) {
  const Results r = results_of({cell_at("a@x~2", "pass"), cell_at("a@x", "pass"), cell_at("a@x~3", "lenient")});
  EXPECT_THAT(terminal_matrix(r, false), testing::StartsWith("  x\na L\n\n"));
}

TEST(TerminalMatrix, colour_only_when_asked) {
  EXPECT_THAT(terminal_matrix(sample(), false), Not(HasSubstr("\033[")));
  EXPECT_THAT(terminal_matrix(sample(), true), HasSubstr(" \033[1;31mH!\033[0m"));
}

TEST(TerminalMatrix, damage_is_printed) {
  Results r = sample();
  r.damage = {"r:5: the last line is cut"};
  EXPECT_THAT(terminal_matrix(r, false), HasSubstr("damaged: r:5: the last line is cut\n"));
  EXPECT_THAT(markdown_matrix(r), HasSubstr("**damaged:** r:5"));
}

TEST(MarkdownMatrix, is_a_table_with_nothing_that_breaks_it) {
  Results r = sample();
  r.cells[1].reason = "a | b\nc";
  const std::string text = markdown_matrix(r);
  EXPECT_THAT(
      text,
      HasSubstr(
          "| scenario | ipv4,cs11 | ipv6,cs11 |\n|---|:-:|:-:|\n| `opt/x` | P^ | S |\n| `pay/edit` | H! | D\\* |\n"));
  EXPECT_THAT(text, HasSubstr("| scenario | - |\n|---|:-:|\n| `none` | P |\n"));
  EXPECT_THAT(text, HasSubstr("| `pay/edit@ipv4,cs11` | harm, unexpected | a \\| b c; bytes: expected T, got U (RFC "
                              "8684 3.7) | - | `gauntlet run 'pay/edit@ipv4,cs11' --seed 7` |\n"));
}

}  // namespace
}  // namespace gauntlet
