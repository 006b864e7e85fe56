// What every box says of itself. That its four parts are there and that it is short: tests/meta/box_parts.py.
#include "middleboxes/registry.hh"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "specs.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

namespace fs = std::filesystem;
const fs::path kRoot = GAUNTLET_SOURCE_DIR;

std::string text_of(const fs::path& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST(Registry, EveryBoxIsComplete) {
  for (const BoxEntry& box : boxes()) {
    const std::string& name = box.schema.name;
    SCOPED_TRACE(name);
    EXPECT_NE(box.make, nullptr);
    EXPECT_NE(box.schema.declares, nullptr);
    EXPECT_FALSE(box.schema.summary.empty());
    EXPECT_TRUE(box.schema.manual.starts_with(name + ": "));
    EXPECT_NE(box.schema.manual.find("Parameters:"), std::string::npos);
    EXPECT_NE(box.schema.manual.find("Example"), std::string::npos);
    EXPECT_NE(box.schema.manual.find("Seen in the wild:"), std::string::npos);
  }
}

TEST(Registry, EveryParameterIsInTheManual) {
  const auto common = with_common({}).size();
  for (const BoxEntry& box : boxes()) {
    for (size_t i = 0; i + common < box.schema.params.size(); ++i) {
      // At the head of a line, where a reader looks for it: "  name=", or behind another, "  one=, name=".
      const std::regex head("\n  ([a-z]+=.{0,12}, )*" + box.schema.params[i].name + "=");
      EXPECT_TRUE(std::regex_search(box.schema.manual, head)) << box.schema.name << " " << box.schema.params[i].name;
    }
  }
}

TEST(Registry, ReadmeIsNotStale) {
  EXPECT_EQ(text_of(kRoot / "middleboxes" / "README.md"), boxes_markdown())
      << "gauntlet list boxes --markdown > middleboxes/README.md";
}

TEST(Registry, DeclaredKindsAreOfTheClosedList) {
  const std::string list = text_of(kRoot / "docs" / "evidence.md");
  for (const std::string& spec : all_specs()) {
    const Chain::Link link = link_of(spec);
    for (const DeclaredEdit& edit : link.entry->schema.declares(link.params)) {
      EXPECT_NE(list.find("`" + edit.kind + "`"), std::string::npos) << spec << ": " << edit.kind;
      EXPECT_TRUE(edit.dir == "c2s" || edit.dir == "s2c" || edit.dir == "both") << spec;
    }
  }
  const Chain::Link dss = link_of("strip:subtype=dss,dir=c2s");
  const auto edits = dss.entry->schema.declares(dss.params);
  ASSERT_EQ(edits.size(), 1u);
  EXPECT_EQ(edits[0].kind, "removed");
  EXPECT_EQ(edits[0].field, "option 30/dss");
  EXPECT_EQ(edits[0].dir, "c2s");
}

TEST(Registry, AnUnknownBoxIsRefusedWithTheRemedy) {
  try {
    link_of("strp:kind=30");
    FAIL();
  } catch (const UsageError& e) {
    EXPECT_NE(std::string(e.what()).find("gauntlet list boxes"), std::string::npos);
  }
}

}  // namespace
}  // namespace gauntlet
