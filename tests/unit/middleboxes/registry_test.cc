// A box is four things: its file with a manual, its line in the registry, its vectors and a scenario that uses it.
#include "middleboxes/registry.hh"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
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
    EXPECT_TRUE(fs::exists(kRoot / "middleboxes" / (name + ".cc")));
    EXPECT_TRUE(text_of(kRoot / "tests" / "vectors" / (name + ".toml")).find("[[case]]") != std::string::npos);
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
      EXPECT_NE(box.schema.manual.find(box.schema.params[i].name + "="), std::string::npos)
          << box.schema.name << " " << box.schema.params[i].name;
    }
  }
}

TEST(Registry, EveryFileIsRegistered) {
  const std::set<std::string> no_box = {"registry", "markdown"};
  for (const auto& entry : fs::directory_iterator(kRoot / "middleboxes")) {
    if (entry.path().extension() != ".cc" || no_box.contains(entry.path().stem())) continue;
    EXPECT_NE(find_box(entry.path().stem().string()), nullptr) << entry.path();
  }
  for (const auto& entry : fs::directory_iterator(kRoot / "tests" / "vectors")) {
    if (entry.path().extension() != ".toml") continue;
    EXPECT_NE(find_box(entry.path().stem().string()), nullptr) << entry.path();
  }
}

TEST(Registry, ReadmeIsNotStale) {
  EXPECT_EQ(text_of(kRoot / "middleboxes" / "README.md"), boxes_markdown())
      << "gauntlet list boxes --markdown > middleboxes/README.md";
}

// The box `pass` changes nothing and `none` has no box; every other box has a scenario.
TEST(Registry, EveryBoxHasAScenario) {
  std::string scenarios;
  for (const auto& entry : fs::recursive_directory_iterator(kRoot / "scenarios")) {
    if (entry.path().extension() == ".toml") scenarios += text_of(entry.path());
  }
  for (const BoxEntry& box : boxes()) {
    const std::regex use("\n *use *= *\"" + box.schema.name + "\"");
    EXPECT_TRUE(box.schema.name == "pass" || std::regex_search(scenarios, use)) << box.schema.name;
  }
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
