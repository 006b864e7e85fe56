// A box is four things: its file with a manual, its line in the registry, its vectors and a scenario that uses it.
#include "middleboxes/registry.hh"

#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdlib>
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

// A box is one short file: past this many lines of code (without comments, the manual among them, and blank lines) it
// is two boxes, or part of it belongs into src/path for others to use.
constexpr int kMostLines = 80;

int lines_of_code(const fs::path& file) {
  std::ifstream text(file);
  int lines = 0;
  for (std::string line; std::getline(text, line);) {
    const size_t first = line.find_first_not_of(" \t");
    lines += first != std::string::npos && line.compare(first, 2, "//") != 0;
  }
  return lines;
}

TEST(Registry, EveryBoxIsShort) {
  for (const BoxEntry& box : boxes()) {
    EXPECT_LE(lines_of_code(kRoot / "middleboxes" / (box.schema.name + ".cc")), kMostLines) << box.schema.name;
  }
}

// What is missing below this root of the four parts of a box, a line each.
std::vector<std::string> missing_parts(const fs::path& root) {
  std::vector<std::string> missing;
  const auto says = [&](const std::string& text) { missing.push_back(text); };
  std::string scenarios;
  for (const auto& entry : fs::recursive_directory_iterator(root / "scenarios")) {
    if (entry.path().extension() == ".toml") scenarios += text_of(entry.path());
  }
  for (const BoxEntry& box : boxes()) {
    const std::string& name = box.schema.name;
    if (!fs::exists(root / "middleboxes" / (name + ".cc"))) says(name + ": no file");
    if (text_of(root / "tests" / "vectors" / (name + ".toml")).find("[[case]]") == std::string::npos)
      says(name + ": no vectors");
    // `pass` changes nothing and needs no cell.
    if (name != "pass" && !std::regex_search(scenarios, std::regex("\n *use *= *\"" + name + "\"")))
      says(name + ": no scenario");
  }
  const std::set<std::string> no_box = {"registry", "markdown"};
  for (const char* folder : {"middleboxes", "tests/vectors"}) {
    for (const auto& entry : fs::directory_iterator(root / folder)) {
      const std::string kind = entry.path().extension(), name = entry.path().stem();
      if ((kind != ".cc" && kind != ".toml") || no_box.contains(name) || name == "runner") continue;
      if (find_box(name) == nullptr) says(name + ": not registered");
    }
  }
  return missing;
}

TEST(Registry, EveryBoxHasItsFourParts) { EXPECT_EQ(missing_parts(kRoot), std::vector<std::string>{}); }

// One part left out, of a tree that is a copy of ours but for that: seen red for each.
TEST(Registry, ALeftOutPartIsNamed) {
  std::string folder = (fs::temp_directory_path() / "gauntlet-parts-XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const fs::path root = folder;
  fs::create_directories(root / "tests");
  for (const char* part : {"middleboxes", "scenarios", "tests/vectors"})
    fs::copy(kRoot / part, root / part, fs::copy_options::recursive);
  EXPECT_EQ(missing_parts(root), std::vector<std::string>{});

  const auto without = [&](const fs::path& file) {
    const std::string kept = text_of(root / file);
    fs::remove(root / file);
    const auto missing = missing_parts(root);
    std::ofstream(root / file) << kept;
    return missing;
  };
  EXPECT_EQ(without("middleboxes/optorder.cc"), std::vector<std::string>{"optorder: no file"});
  EXPECT_EQ(without("tests/vectors/optorder.toml"), std::vector<std::string>{"optorder: no vectors"});
  EXPECT_EQ(without("scenarios/opt/reorder.toml"), std::vector<std::string>{"optorder: no scenario"});
  std::ofstream(root / "middleboxes/unheard.cc") << "// unheard: a file without a line in the registry\n";
  EXPECT_EQ(missing_parts(root), std::vector<std::string>{"unheard: not registered"});
  fs::remove_all(root);
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
