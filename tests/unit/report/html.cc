// The HTML report: one file, well-formed, nothing fetched, every cell in the matrix and behind it.
#include <gmock/gmock.h>

#include "report/formats.hh"
#include "sample.hh"
#include "util/process.hh"

namespace gauntlet {
namespace {

using testing::HasSubstr;
using testing::Not;

Results three() {
  CellResult harm = cell_at("pay/edit@ipv4,cs11", "harm");
  harm.gate = "unexpected";
  CellResult listed = cell_at("pay/edit@ipv6,cs11", "deviation");
  listed.gate = "known", listed.known = "as in #45";
  return results_of({harm, listed, cell_at("seg/split@ipv4,cs11", "pass")});
}

size_t count(const std::string& text, const std::string& what) {
  size_t n = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

TEST(Html, every_cell_stands_in_the_matrix_and_leads_to_its_story) {
  const std::string html = html_report(three());
  EXPECT_EQ(count(html, "<details id=\"cell-"), 3u);
  EXPECT_EQ(count(html, "href=\"#cell-"), 3u);
  EXPECT_THAT(html, HasSubstr("<td class=\"c harm\"><a class=\"harm\" href=\"#cell-pay/edit@ipv4,cs11\""));
  EXPECT_THAT(html, HasSubstr(">H!</a>"));
  EXPECT_THAT(html, HasSubstr(">D*</a>"));
  EXPECT_THAT(html, HasSubstr("gauntlet run 'pay/edit@ipv4,cs11' --seed 7"));
  EXPECT_THAT(html, HasSubstr("mptcp/s-c.pcapng 37 38"));
  EXPECT_THAT(html, HasSubstr("href=\"cells/pay/edit@ipv4,cs11/\""));
}

TEST(Html, needs_nothing_from_elsewhere) {
  const std::string html = html_report(three());
  for (const char* word : {"http:", "https:", "<script", "<link", "@import", "src="})
    EXPECT_THAT(html, Not(HasSubstr(word)));
}

TEST(Html, damage_and_a_missing_cell_are_shown) {
  Results cut = three();
  cut.plan.push_back("seg/split@ipv6,cs11");
  cut.complete = false;
  cut.damage = {"r:5: the last line is cut"};
  const std::string html = html_report(cut);
  EXPECT_THAT(html, HasSubstr("damaged: r:5: the last line is cut"));
  EXPECT_THAT(html, HasSubstr("<td class=\"c error\">?</td>"));
}

TEST(Html, is_well_formed_whatever_stands_in_it) {
  if (!std::filesystem::exists("/usr/bin/xmllint")) GTEST_SKIP() << "xmllint is missing: install libxml2-utils";
  Results nasty = three();
  nasty.cells[0].reason = "a <b> & \"c\" ]]> \x01 \xC3\xA4 \xFF </pre></details>";
  nasty.cells[0].checks[1].actual = "'<td>'\r\n\tnext";
  const TestFolder folder;
  const Output out =
      run_tool({"/usr/bin/xmllint", "--noout", folder.file("r.html", html_report(nasty))}, std::chrono::seconds(60));
  EXPECT_TRUE(out.exit.ok()) << out.err;
}

}  // namespace
}  // namespace gauntlet
