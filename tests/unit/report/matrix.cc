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

// Address family and checksums are the columns; rows and columns are sorted whatever order the cells ran in.
TEST(TerminalMatrix, rows_columns_letters_and_marks) {
  const std::string text = terminal_matrix(sample(), false);
  EXPECT_THAT(text, HasSubstr("            ipv4 ipv4 ipv6\n"
                              "                 cs11 cs11\n"
                              "none     P\n"
                              "opt/x            P^   S\n"
                              "pay/edit         H!   D*\n"
                              "seq/y       ?\n"));
  EXPECT_THAT(text, HasSubstr("P pass  L lenient  D deviation  H harm  E error  S skip"));
  EXPECT_THAT(text, HasSubstr("2 pass, 0 lenient, 1 deviation (1 known), 1 harm, 0 error, 1 skip of 6 cells\n"));
}

// Whatever differs in the other axes is counted, worst first; what was planned and has no result stands in front.
TEST(TerminalMatrix, cells_of_other_axes_are_counted_together) {
  CellResult harm = cell_at("seg/split@ipv4,cs11,p2,c2s", "harm");
  harm.gate = "unexpected";
  Results r = results_of({cell_at("seg/split@ipv4,cs11,p1,c2s", "pass"), cell_at("seg/split@ipv4,cs11,p1,s2c", "pass"),
                          harm, cell_at("seg/split@ipv6,cs11,p1,c2s", "lenient"), cell_at("pay/x@p1,fast", "pass")});
  r.plan.push_back("seg/split@ipv4,cs11,p2,s2c");
  EXPECT_THAT(terminal_matrix(r, false), testing::StartsWith("             ipv4    ipv6\n"
                                                             "             cs11    cs11\n"
                                                             "pay/x     P\n"
                                                             "seg/split    ? H! 2P L\n"));
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
  EXPECT_THAT(terminal_matrix(r, false), testing::StartsWith("a L\n\n"));
}

TEST(TerminalMatrix, colour_only_when_asked) {
  EXPECT_THAT(terminal_matrix(sample(), false), Not(HasSubstr("\033[")));
  EXPECT_THAT(terminal_matrix(sample(), true), HasSubstr(" \033[1;31mH!\033[0m  "));
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
  EXPECT_THAT(text, testing::StartsWith("| scenario | - | ipv4 | ipv4,cs11 | ipv6,cs11 |\n"
                                        "|---|:-:|:-:|:-:|:-:|\n"
                                        "| `none` | P | | | |\n"
                                        "| `opt/x` | | | P^ | S |\n"
                                        "| `pay/edit` | | | H! | D\\* |\n"
                                        "| `seq/y` | | ? | | |\n"));
  EXPECT_THAT(text, HasSubstr("| `pay/edit@ipv4,cs11` | harm, unexpected | a \\| b c; bytes: expected T, got U (RFC "
                              "8684 3.7) | - | `gauntlet run 'pay/edit@ipv4,cs11' --seed 7` |\n"));
}

}  // namespace
}  // namespace gauntlet
