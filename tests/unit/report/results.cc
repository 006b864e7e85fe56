// results.jsonl: the records by hand, and every way a file can be damaged.
#include "report/results.hh"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "sample.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string kRun =
    R"({"type":"run","schema":1,"tool":"0.1.0","kernel":"6.18","commit":null,"seed":42,"capabilities":{"nfqueue":"iptables","netem":false}})"
    "\n";
const std::string kPlan = R"({"type":"plan","cells":["a@x","a@y"],"others":["b"]})"
                          "\n";
const std::string kX =
    R"({"type":"check","cell":"a@x","id":"bytes","clause":"RFC 8684 3.7","level":"pass","expected":"I","actual":"I","evidence":null})"
    "\n"
    R"({"type":"cell","cell":"a@x","row":"r","level":"pass","outcome":"preserved","bytes":"I","culprit":null,"known":null,"gate":"ok","seconds":1.1,"replay":"","artifacts":""})"
    "\n";
const std::string kY =
    R"({"type":"cell","cell":"a@y","row":"r","level":"harm","outcome":null,"bytes":"C","culprit":"receiver","known":null,"gate":"unexpected","seconds":2,"replay":"","artifacts":""})"
    "\n";
const std::string kSummary =
    R"({"type":"summary","planned":2,"pass":1,"lenient":0,"deviation":0,"harm":1,"error":0,"skip":0})"
    "\n";

TEST(Records, are_those_of_the_format) {
  EXPECT_EQ(
      run_record({"0.1.0", "6.18", "", 42, {{"nfqueue", "iptables"}, {"netem", "false"}}}).dump(),
      R"({"type":"run","schema":1,"tool":"0.1.0","kernel":"6.18","commit":null,"seed":42,"capabilities":{"netem":false,"nfqueue":"iptables"}})");
  EXPECT_EQ(plan_record({"a@x"}, {"b"}).dump(), R"({"type":"plan","cells":["a@x"],"others":["b"]})");
  EXPECT_EQ(
      check_record("a@x", {"bytes", "RFC 8684 3.7", "pass", "", "I", "I", "server.pcapng", {37, 38}}).dump(),
      R"({"type":"check","cell":"a@x","id":"bytes","clause":"RFC 8684 3.7","level":"pass","expected":"I","actual":"I","evidence":{"capture":"server.pcapng","frames":[37,38]}})");
  CellResult c;
  c.cell = "a@x", c.row = "r", c.level = "pass", c.outcome = "preserved", c.bytes = "I", c.seconds = 1.1004,
  c.replay = "p", c.artifacts = "d";
  EXPECT_EQ(
      cell_record(c).dump(),
      R"({"type":"cell","cell":"a@x","row":"r","level":"pass","outcome":"preserved","bytes":"I","culprit":null,"known":null,"gate":"ok","seconds":1.1,"replay":"p","artifacts":"d"})");
  EXPECT_EQ(summary_record(2, {c}).dump(),
            R"({"type":"summary","planned":2,"pass":1,"lenient":0,"deviation":0,"harm":0,"error":0,"skip":0})");
}

TEST(ResultsWriter, refuses_to_overwrite_and_flushes_each_line) {
  const TestFolder folder;
  const std::string path = folder.file("results.jsonl");
  ResultsWriter writer(path);
  writer.write(run_record({"0.1.0", "6.18", "", 1, {}}));
  const Results half = read_results({path});  // while the writer is still open
  ASSERT_EQ(half.runs.size(), 1u);
  EXPECT_EQ(half.runs[0].kernel, "6.18");
  EXPECT_THROW(ResultsWriter again(path), UsageError);
}

TEST(ResultsWriter, what_it_writes_reads_back) {
  const TestFolder folder;
  const std::string path = folder.file("results.jsonl");
  CellResult c = cell_at("a@x", "deviation");
  c.worse_than_tcp = true, c.culprit = "box", c.reason = "bytes: not-the-bytes", c.undecided = "2 of 3",
  c.known = c.checks[1].known = "a reason", c.gate = "known", c.seconds = 2.5;
  {
    ResultsWriter writer(path);
    writer.write(run_record({"0.1.0", "6.18.5", "abc", 7, {{"mptcp", "v1"}, {"netem", "false"}}}));
    writer.write(plan_record({"a@x"}, {"b"}));
    write_cell(writer, c);
    writer.write(summary_record(1, {c}));
  }
  const Results r = read_results({path});
  EXPECT_TRUE(r.complete) << (r.damage.empty() ? "" : r.damage[0]);
  ASSERT_EQ(r.cells.size(), 1u);
  EXPECT_EQ(cell_record(r.cells[0]).dump(), cell_record(c).dump());
  ASSERT_EQ(r.cells[0].checks.size(), 2u);
  EXPECT_EQ(check_record("a@x", r.cells[0].checks[1]).dump(), check_record("a@x", c.checks[1]).dump());
  EXPECT_EQ(r.runs[0].capabilities.at("netem"), "false");
  EXPECT_EQ(r.cells[0].kernel, "6.18.5");
}

TEST(ReadResults, a_whole_file_is_complete) {
  const TestFolder folder;
  const Results r = read_results({folder.file("r", kRun + kPlan + kX + kY + kSummary)});
  EXPECT_THAT(r.damage, ElementsAre());
  EXPECT_TRUE(r.complete);
  EXPECT_THAT(r.plan, ElementsAre("a@x", "a@y"));
  EXPECT_THAT(r.others, ElementsAre("b"));
  EXPECT_EQ(r.cells[1].culprit, "receiver");
}

struct Damage {
  const char* what;
  std::string text;
  const char* says;
  size_t cells;
};

TEST(ReadResults, every_damage_is_named_with_its_line_and_the_rest_kept) {
  std::string wrong_summary = kSummary;
  wrong_summary.replace(wrong_summary.find("\"pass\":1"), 8, "\"pass\":2");
  std::string one_planned = kSummary;
  one_planned.replace(one_planned.find("\"planned\":2"), 11, "\"planned\":1");
  std::string odd_level = kY;
  odd_level.replace(odd_level.find("harm"), 4, "bad!");
  std::string odd_check = kX;
  odd_check.replace(odd_check.find("pass"), 4, "PASS");
  const std::string late = R"({"type":"check","cell":"a@x","id":"bytes","level":"harm"})"
                           "\n";
  std::string other_schema = kRun;
  other_schema.replace(other_schema.find("\"schema\":1"), 10, "\"schema\":9");
  const std::vector<Damage> rows = {
      {"cut last line", kRun + kPlan + kX + kY.substr(0, 40), "r:5: the last line is cut", 1},
      {"cut just before the newline", kRun + kPlan + kX + kY + kSummary.substr(0, kSummary.size() - 1),
       "r:6: the last line is cut", 2},
      {"damaged line", kRun + kPlan + "{nonsense}\n" + kX + kY + kSummary, "r:3: no record of ours", 2},
      {"no record", kRun + kPlan + "[1]\n" + kX + kY + kSummary, "r:3: no record of ours", 2},
      {"cell without level", kRun + kPlan + "{\"type\":\"cell\",\"cell\":\"a@x\"}\n" + kX + kY + kSummary,
       "r:3: no record of ours", 2},
      {"unknown level", kRun + kPlan + kX + odd_level + kSummary, "r:5: unknown level 'bad!'", 1},
      {"no summary", kRun + kPlan + kX + kY, "no summary: the run did not end (2 of 2 cells)", 2},
      {"a cell is missing", kRun + kPlan + kX + kSummary, "2 cells were planned, 1 have a result", 1},
      {"summary miscounts", kRun + kPlan + kX + kY + wrong_summary, "the summary says pass 2, the records say 1", 2},
      {"summary plans less", kRun + kPlan + kX + kY + one_planned, "the summary says planned 1, the records say 2", 2},
      {"cell outside the plan",
       kRun +
           R"({"type":"plan","cells":["a@x"]})"
           "\n" +
           kX + kY + kSummary,
       "the cell a@y is not in the plan", 2},
      {"cell twice", kRun + kPlan + kX + kX + kY + kSummary, "r:6: a second result of a@x", 2},
      {"no run record", kPlan + kX + kY + kSummary, "r:1: a 'plan' record stands before the run record", 0},
      {"other schema", other_schema, "schema 9 is not the one this build reads", 0},
      {"unknown level of a check", kRun + kPlan + odd_check + kY + kSummary, "r:3: unknown level 'PASS'", 2},
      {"check behind its cell", kRun + kPlan + kX + late + kY + kSummary,
       "checks of a@x without a result behind them: bytes", 2},
      {"check of no cell",
       kRun + kPlan + kX + kY + R"({"type":"check","cell":"no","id":"bytes","level":"harm"})" + "\n" + kSummary,
       "checks of no without a result behind them", 2},
      {"unknown type", kRun + kPlan + "{\"type\":\"chekc\"}\n" + kX + kY + kSummary,
       "r:3: a record of the unknown type 'chekc'", 2},
      {"two summaries", kRun + kPlan + kX + kY + kSummary + kSummary, "r:7: a second summary", 2},
      {"two plans", kRun + kPlan + kPlan + kX + kY + kSummary, "r:3: a second plan", 2},
      {"empty", "", "no run record", 0},
  };
  for (const Damage& row : rows) {
    SCOPED_TRACE(row.what);
    const TestFolder folder;
    const Results r = read_results({folder.file("r", row.text)});
    EXPECT_FALSE(r.complete);
    EXPECT_EQ(r.cells.size(), row.cells);
    EXPECT_THAT(r.damage, testing::Contains(HasSubstr(row.says)));
  }
}

TEST(ReadResults, shards_merge_and_one_damaged_shard_spoils_the_whole) {
  const TestFolder folder;
  const auto shard = [&](const char* name, const char* cell, const char* other) {
    return folder.file(
        name, kRun + R"({"type":"plan","cells":[")" + cell + R"("],"others":[")" + other + "\",\"b\"]}\n" +
                  R"({"type":"cell","cell":")" + cell + R"(","level":"pass"})" + "\n" +
                  R"({"type":"summary","planned":1,"pass":1,"lenient":0,"deviation":0,"harm":0,"error":0,"skip":0})" +
                  "\n");
  };
  const std::string one = shard("one", "a@x", "a@y"), two = shard("two", "a@y", "a@x");
  const Results both = read_results({one, two});
  EXPECT_TRUE(both.complete);
  EXPECT_EQ(both.cells.size(), 2u);
  EXPECT_THAT(both.others, testing::Each("b"));
  EXPECT_FALSE(read_results({one, one}).complete);
  EXPECT_FALSE(read_results({one, folder.file("three", kRun)}).complete);
  EXPECT_THROW(read_results({one, folder.file("absent")}), UsageError);
}

}  // namespace
}  // namespace gauntlet
