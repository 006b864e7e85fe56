#include "util/box_schema.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "util/error.hh"

namespace gauntlet {
namespace {

using testing::HasSubstr;

template <typename F>
std::string refusal(F&& f) {
  try {
    f();
  } catch (const UsageError& e) {
    return e.what();
  }
  return "accepted";
}

BoxSchema schema() {
  BoxSchema s;
  s.name = "sample";
  s.params =
      with_common({{.name = "kind", .type = ParamType::integer, .fallback = "30", .min = 2, .max = 255},
                   {.name = "mode", .type = ParamType::choice, .fallback = "remove", .choices = {"remove", "nop"}},
                   {.name = "hold", .type = ParamType::duration, .fallback = "5ms"},
                   {.name = "find", .type = ParamType::bytes},
                   {.name = "quotes", .type = ParamType::boolean, .fallback = "yes"}});
  return s;
}

TEST(BoxText, ReadsNameAndParameters) {
  const BoxText b = parse_box_text("strip:kind=30,mode=eol,when=synack");
  EXPECT_EQ(b.name, "strip");
  EXPECT_EQ(b.written, (std::map<std::string, std::string>{{"kind", "30"}, {"mode", "eol"}, {"when", "synack"}}));
  EXPECT_TRUE(parse_box_text("pass").written.empty());
  EXPECT_EQ(parse_box_text("nat:quotes").written.at("quotes"), "yes");
}

TEST(BoxText, QuotesHoldCommasColonsAndQuotes) {
  const BoxText b = parse_box_text("edit:find='a,b=c:d''e',replace=x:y=z");
  EXPECT_EQ(b.written.at("find"), "a,b=c:d'e");
  EXPECT_EQ(b.written.at("replace"), "x:y=z");
  EXPECT_EQ(to_text(b), "edit:find='a,b=c:d''e',replace=x:y=z");
  EXPECT_EQ(parse_box_text(to_text(b)).written, b.written);
}

TEST(BoxText, RefusesWhatItCannotMean) {
  for (const char* bad :
       {"", ":", "strip:", "strip:=3", "strip:a=1,", "strip:a=1,a=2", "strip:a='x", "strip:a='x'y", "st rip"}) {
    EXPECT_NE(refusal([&] { parse_box_text(bad); }), "accepted") << bad;
  }
}

TEST(CheckParams, FillsInFallbacksAndTellsThemApart) {
  const Params p = check_params(schema(), {{"kind", "8"}, {"find", "0x6869"}});
  EXPECT_EQ(p.number("kind"), 8);
  EXPECT_EQ(p.text("find"), "hi");
  EXPECT_EQ(p.text("mode"), "remove");
  EXPECT_EQ(p.number("hold"), 5'000'000);
  EXPECT_TRUE(p.flag("quotes"));
  EXPECT_EQ(p.text("dir"), "both");
  EXPECT_EQ(p.text("when"), "any");
  EXPECT_EQ(p.number("nth"), 0);
  EXPECT_TRUE(p.given("kind"));
  EXPECT_FALSE(p.given("mode"));
}

TEST(CheckParams, NamesWhatIsWrongAndWhatIsAllowed) {
  const auto with = [](std::string k, std::string v) { return refusal([&] { check_params(schema(), {{k, v}}); }); };
  EXPECT_THAT(with("knd", "3"), HasSubstr("box sample: no parameter 'knd'; it has: kind mode"));
  EXPECT_THAT(with("kind", "300"), HasSubstr("'300' is not a whole number from 2 up to 255"));
  EXPECT_THAT(with("kind", "3x"), HasSubstr("not a whole number"));
  EXPECT_THAT(with("mode", "eat"), HasSubstr("'eat' is not one of: remove nop"));
  EXPECT_THAT(with("hold", "5"), HasSubstr("duration such as"));
  EXPECT_THAT(with("when", "data+sny"), HasSubstr("syn synack ack3"));
  EXPECT_THAT(with("dir", "up"), HasSubstr("c2s s2c both"));
  EXPECT_THAT(with("path", "p3"), HasSubstr("p1 p2 all"));
  EXPECT_THAT(with("quotes", "maybe"), HasSubstr("yes or no"));
  EXPECT_THAT(with("find", "0x123"), HasSubstr("whole number of bytes in hex"));
  EXPECT_EQ(with("when", "data+ack"), "accepted");
}

TEST(CheckParams, ARequiredParameterMustBeGiven) {
  BoxSchema s = schema();
  s.params[0].required = true;
  EXPECT_THAT(refusal([&] { check_params(s, {}); }), HasSubstr("'kind' must be given"));
}

TEST(Quantity, Durations) {
  EXPECT_EQ(parse_duration("250us"), 250'000);
  EXPECT_EQ(parse_duration("5ms"), 5'000'000);
  EXPECT_EQ(parse_duration("1.5s"), 1'500'000'000);
  EXPECT_EQ(parse_duration("2 min"), 120'000'000'000);
  EXPECT_EQ(parse_duration("0"), 0);
  for (const char* bad : {"", "5", "-1ms", "ms", "1.5ns", "1e3s", "5 parsecs", "nan s"})
    EXPECT_EQ(parse_duration(bad), std::nullopt) << bad;
}

TEST(Quantity, Sizes) {
  EXPECT_EQ(parse_size("200 kB"), 200'000);
  EXPECT_EQ(parse_size("64KiB"), 65'536);
  EXPECT_EQ(parse_size("1448"), 1448);
  EXPECT_EQ(parse_size("1.5 MB"), 1'500'000);
  for (const char* bad : {"", "B", "-1", "1.5", "7 bits"}) EXPECT_EQ(parse_size(bad), std::nullopt) << bad;
}

}  // namespace
}  // namespace gauntlet
