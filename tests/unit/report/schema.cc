// docs/results.schema.json against every record builder.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "sample.hh"
#include "util/process.hh"

namespace gauntlet {
namespace {

const std::string kSource = GAUNTLET_SOURCE_DIR;

Output validated(const std::string& path) {
  return run_tool({"/usr/bin/python3", "-B", kSource + "/tests/unit/report/validate_results.py",
                   kSource + "/docs/results.schema.json", path},
                  std::chrono::seconds(60));
}

// A run with every member set, one with none, every level.
std::vector<Json> every_record() {
  CellResult full = cell_at("pay/edit@ipv4,cs11,on-p2~2", "harm");
  full.checks[1].known = "why";
  full.worse_than_tcp = true, full.culprit = "box", full.reason = "bytes: x", full.known = "why", full.gate = "known",
  full.seconds = 2.5, full.file = "scenarios/pay/edit.toml", full.line = 12;
  CellResult bare;
  bare.cell = "none", bare.level = "error", bare.gate = "unexpected";
  std::vector<Json> all = {run_record({"0.1.0", "6.18.5", "abc", 7, {{"mptcp", "v1"}, {"netem", "false"}}}),
                           run_record({"0.1.0", "6.18", "", 0, {}}),
                           plan_record({full.cell, "none"}, {"opt/strip-dss@ipv6,cs00"}),
                           plan_record({}, {}),
                           cell_record(full),
                           cell_record(bare),
                           summary_record(2, {full, bare})};
  for (const CheckResult& check : full.checks) all.push_back(check_record(full.cell, check));
  for (const std::string& level : kLevels) {
    const CellResult cell = cell_at("a", level);
    all.push_back(cell_record(cell));
    for (const CheckResult& check : cell.checks) all.push_back(check_record("a", check));
  }
  return all;
}

bool cannot() { return !std::filesystem::exists("/usr/bin/python3") || validated("/dev/null").exit.code == 4; }

TEST(Schema, every_record_is_valid) {
  if (cannot()) GTEST_SKIP() << "jsonschema is missing: install python3-jsonschema";
  const TestFolder folder;
  std::string text;
  for (const Json& record : every_record()) text += record.dump() + "\n";
  const Output out = validated(folder.file("r", text));
  EXPECT_TRUE(out.exit.ok()) << out.out << out.err;
  EXPECT_THAT(out.out, testing::HasSubstr(std::to_string(every_record().size()) + " lines, 0 errors"));
}

TEST(Schema, says_no_to_each_of_these) {
  if (cannot()) GTEST_SKIP() << "jsonschema is missing: install python3-jsonschema";
  const auto good = every_record();
  std::vector<Json> bad;
  const auto change = [&](size_t which, const auto& edit) {
    bad.push_back(good[which]);
    edit(bad.back());
  };
  change(0, [](Json& j) { j["schema"] = 2; });
  change(0, [](Json& j) { j.erase("kernel"); });
  change(0, [](Json& j) { j["type"] = "runs"; });
  change(2, [](Json& j) { j["cells"] = {"a", "a"}; });
  change(2, [](Json& j) { j["cells"] = {"has blank"}; });
  change(4, [](Json& j) { j["level"] = "bad"; });
  change(4, [](Json& j) { j["outcome"] = "fell back"; });
  change(4, [](Json& j) { j["new"] = 1; });
  change(4, [](Json& j) { j["scenario"]["line"] = 0; });
  change(4, [](Json& j) { j["known"] = ""; });
  change(6, [](Json& j) { j["pass"] = -1; });
  change(6, [](Json& j) { j.erase("skip"); });
  change(8, [](Json& j) { j["evidence"]["frames"] = {0}; });
  change(8, [](Json& j) { j["level"] = "unknown"; });
  change(8, [](Json& j) { j["known"] = ""; });
  const TestFolder folder;
  std::string text;
  for (const Json& record : bad) text += record.dump() + "\n";
  const std::string path = folder.file("r", text);
  const Output out = validated(path);
  EXPECT_EQ(out.exit.code, 1) << out.err;
  for (size_t line = 1; line <= bad.size(); ++line)
    EXPECT_THAT(out.out, testing::HasSubstr(path + ":" + std::to_string(line) + ": ")) << bad[line - 1].dump();
}

}  // namespace
}  // namespace gauntlet
