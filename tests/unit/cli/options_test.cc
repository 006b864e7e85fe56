#include "cli/options.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "util/error.hh"

namespace gauntlet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Command kCommand{"gauntlet x [OPTIONS]",
                       "does x",
                       {{"port", "P", "", "where", VerbOption::required},
                        {"load", "KIND", "paced", "how"},
                        {"box", "SPEC", "", "what", VerbOption::repeated},
                        {"once", "", "", "one time"}},
                       "WORD...",
                       "example: gauntlet x --port 1"};

std::optional<Options> parse(std::vector<std::string> words, const Command& command = kCommand) {
  return parse_options(command, words);
}

std::string complaint(std::vector<std::string> words, const Command& command = kCommand) {
  try {
    const auto options = parse(words, command);
    options->number("port", 1, 65535);
    options->choice("load", {"paced", "bulk"});
  } catch (const UsageError& e) {
    return e.what();
  }
  return "";
}

TEST(Options, ValuesFlagsFallbacksAndWords) {
  const auto o = parse({"one", "--port", "80", "--box", "a", "two", "--box=b", "--once"});
  ASSERT_TRUE(o);
  EXPECT_EQ(o->number("port", 1, 65535), 80u);
  EXPECT_EQ(o->text("load"), "paced");
  EXPECT_FALSE(o->given("load"));
  EXPECT_TRUE(o->flag("once"));
  EXPECT_THAT(o->all("box"), ElementsAre("a", "b"));
  EXPECT_THAT(o->words(), ElementsAre("one", "two"));
  EXPECT_FALSE(parse({"--port", "80"})->flag("once"));
}

TEST(Options, HelpNamesEveryOptionAndAsksForNothing) {
  testing::internal::CaptureStdout();
  EXPECT_FALSE(parse({"--help"}));
  const std::string text = testing::internal::GetCapturedStdout();
  for (const char* part : {"usage: gauntlet x", "--port P", "(required)", "(default: paced)", "--help", "example: "}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST(Options, ComplaintsNameTheOption) {
  EXPECT_EQ(complaint({"--port", "80"}), "");
  EXPECT_THAT(complaint({}), HasSubstr("--port P is missing"));
  EXPECT_THAT(complaint({"--port", "80", "--nonsense"}), HasSubstr("nonsense"));
  EXPECT_THAT(complaint({"--port", "80", "--loa", "bulk"}), HasSubstr("loa"));  // no abbreviations
  EXPECT_THAT(complaint({"--port"}), HasSubstr("port"));
  for (const char* bad : {"0", "65536", "x", "1x", "", "-1", "99999999999999999999999"}) {
    EXPECT_THAT(complaint({"--port=" + std::string(bad)}), HasSubstr("port")) << bad;
  }
  EXPECT_THAT(complaint({"--port", "80", "--load", "fast"}), HasSubstr("one of paced, bulk is needed"));
  EXPECT_THAT(complaint({"--port", "80", "--port", "81"}), HasSubstr("given twice"));
  Command wordless = kCommand;
  wordless.positional.clear();
  EXPECT_THAT(complaint({"--port", "80", "word"}, wordless), HasSubstr("no words"));
}

}  // namespace
}  // namespace gauntlet
