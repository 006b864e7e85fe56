// The labelled corpus, tests/pcaps: every label is found, nothing but what the box declares, and no box is without a
// pair.
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "judge/bench.hh"
#include "judge/diff.hh"
#include "middleboxes/registry.hh"
#include "util/box_schema.hh"
#include "util/json.hh"

namespace gauntlet::test {
namespace {

const std::string kFolder = std::string(GAUNTLET_SOURCE_DIR) + "/tests/pcaps/";

Json labels() {
  std::ifstream file(kFolder + "labels.json");
  return Json::parse(file);
}

// "KIND DIRECTION [FIELD] [xCOUNT]".
struct Wanted {
  explicit Wanted(const std::string& text) {
    std::istringstream words(text);
    words >> kind >> dir;
    for (std::string word; words >> word;) {
      if (word.size() > 1 && word[0] == 'x' && std::isdigit(static_cast<unsigned char>(word[1])))
        count = std::stoull(word.substr(1));
      else
        field += (field.empty() ? "" : " ") + word;
    }
  }
  bool matches(const Difference& d) const {
    return d.kind == kind && (dir == "both" || dir == name_of(d.way)) && field_covers(field, d.field);
  }
  std::string kind, dir, field;
  std::optional<uint64_t> count;  // exactly; without it: at least one
};

std::vector<DeclaredEdit> declared_of(const Json& label) {
  if (!label.contains("box")) return {};
  const BoxText text = parse_box_text(label["box"].get<std::string>());
  const BoxEntry* box = find_box(text.name);
  if (!box) return {};
  return box->schema.declares(check_params(box->schema, text.written));
}

Trace side_of(const Json& label, const std::string& which) {
  return Trace::read(
      {kFolder + label["made"].get<std::string>() + "/" + label["name"].get<std::string>() + "." + which});
}

Diff diff_of(const Json& label, const Trace& client, const Trace& server) {
  DiffOptions how;
  if (label["made"] != "live") how.late = std::chrono::milliseconds(20);  // a busy machine delays, too
  for (const char* host : {"198.51.100.1", "2001:db8:1::1", "2001:db8:5::1"})
    how.servers.push_back(*address_named(host, 0));
  return diff_traces(client, server, how);
}

class Pair : public ::testing::TestWithParam<Json> {
 protected:
  Trace side(const std::string& which) const { return side_of(GetParam(), which); }
};

TEST_P(Pair, ShowsItsLabelAndNothingElse) {
  const Json& label = GetParam();
  const Trace client = side("client"), server = side("server");
  EXPECT_EQ(server.damage(), "");
  if (label.contains("damage")) {
    EXPECT_THAT(client.damage(), ::testing::HasSubstr(label["damage"].get<std::string>()));
    EXPECT_EQ(client.frames().size(), label["kept"].get<size_t>());
  } else {
    EXPECT_EQ(client.damage(), "");
  }
  ASSERT_GT(client.frames().size(), 1u);
  const Diff diff = diff_of(label, client, server);
  EXPECT_EQ(diff.omitted, 0u);
  std::vector<Wanted> wanted;
  for (const Json& text : label["find"]) wanted.emplace_back(text.get<std::string>());
  for (const Wanted& w : wanted) {
    uint64_t found = 0;
    for (const Difference& d : diff.differences) found += w.matches(d) ? d.count : 0;
    if (w.count)
      EXPECT_EQ(found, *w.count) << w.kind << ' ' << w.dir << ' ' << w.field;
    else
      EXPECT_GT(found, 0u) << w.kind << ' ' << w.dir << ' ' << w.field;
  }
  const std::vector<DeclaredEdit> declared = declared_of(label);
  for (const Difference& d : diff.differences) {
    const bool told = std::any_of(wanted.begin(), wanted.end(), [&](const Wanted& w) { return w.matches(d); });
    // What a label names a box must declare, too; files written by hand have none.
    const bool right = label.contains("box") ? declared_by(declared, d) : told;
    EXPECT_TRUE(!wanted.empty() && right) << to_json(d).dump();
  }
}

std::vector<Json> all_pairs() {
  std::vector<Json> pairs;
  for (const Json& label : labels()) pairs.push_back(label);
  return pairs;
}

std::string name_of_pair(const ::testing::TestParamInfo<Json>& label) {
  std::string name = label.param["made"].get<std::string>() + "_" + label.param["name"].get<std::string>();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Corpus, Pair, ::testing::ValuesIn(all_pairs()), name_of_pair);

TEST(LabelledCorpus, EveryBoxHasAPairThatShowsIt) {
  std::set<std::string> shown;
  for (const Json& label : labels()) {
    if (!label.contains("box")) continue;
    const std::string name = parse_box_text(label["box"].get<std::string>()).name;
    EXPECT_NE(find_box(name), nullptr) << label["name"];
    if (!label["find"].empty() || name == "pass") shown.insert(name);
  }
  for (const BoxEntry& box : boxes())
    EXPECT_TRUE(shown.contains(box.schema.name)) << box.schema.name << " has no pair in tests/pcaps";
}

// What the boxes of the labels declare, kind by kind, is shown by one of the pairs.
TEST(LabelledCorpus, EveryDeclaredEditIsShown) {
  std::map<std::string, bool> edits;  // "BOX: KIND DIRECTION FIELD" -> shown
  for (const Json& label : labels()) {
    if (!label.contains("box")) continue;
    const Trace client = side_of(label, "client"), server = side_of(label, "server");
    const Diff diff = diff_of(label, client, server);
    for (const DeclaredEdit& e : declared_of(label)) {
      const std::string name = parse_box_text(label["box"].get<std::string>()).name + ": " + e.kind + " " + e.dir +
                               (e.field.empty() ? "" : " " + e.field);
      edits[name] |= std::any_of(diff.differences.begin(), diff.differences.end(),
                                 [&](const Difference& d) { return covers(e, d); });
    }
  }
  for (const auto& [edit, shown] : edits) EXPECT_TRUE(shown) << edit << " is shown by no pair";
}

}  // namespace
}  // namespace gauntlet::test
