// The order of a verdict, first part: whatever makes a cell unarmed gives `error` and its reason by name, and without
// the fault the same cell passes.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "cell.hh"

namespace gauntlet::test {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;

void expect_error(CellFolder& cell, const std::string& reason) {
  const Verdict v = cell.judge();
  EXPECT_EQ(v.level, Level::error) << story(v);
  EXPECT_THAT(reasons(v), Contains(reason)) << story(v);
}

TEST(Armed, CleanCellPasses) {
  CellFolder cell;
  const Verdict v = cell.judge();
  EXPECT_EQ(v.level, Level::pass) << story(v);
  EXPECT_THAT(reasons(v), IsEmpty());
  EXPECT_EQ(v.outcome, Outcome::preserved);
  EXPECT_EQ(v.bytes, "I");
  EXPECT_FALSE(v.culprit);
  EXPECT_FALSE(v.worse_than_tcp);
  EXPECT_TRUE(std::filesystem::exists(cell.path("verdict.json")));
  std::ifstream diff(cell.path("diff.jsonl"));
  std::string line;
  int lines = 0;
  while (std::getline(diff, line)) ++lines;
  EXPECT_EQ(lines, 12) << "six data segments in each boxed run, nothing else";
}

TEST(Armed, BoxWithoutHits) {
  CellFolder cell;
  cell.box.clear();
  cell.boxes["mptcp"]["hits"] = 0;
  const Verdict v = cell.judge();
  EXPECT_EQ(v.level, Level::error);
  EXPECT_THAT(reasons(v), Contains("not-armed"));
  EXPECT_THAT(reasons(v), Contains("declared-edit-missing"));
}

TEST(Armed, HitsInTheControlOnlyWhereDemanded) {
  CellFolder cell, demanded;
  cell.boxes["tcp"]["hits"] = 0;
  EXPECT_EQ(cell.judge().level, Level::pass);
  demanded.boxes["tcp"]["hits"] = 0;
  demanded.evidence["boxes"][0]["acts_on"] = "both";
  expect_error(demanded, "not-armed");
}

TEST(Armed, DeclaredEditThatTheCapturesDoNotShow) {
  CellFolder cell;
  cell.plan["expect"]["wire"][0]["at_least"] = 7;
  expect_error(cell, "declared-edit-missing");
}

TEST(Armed, EveryOneOfSeveralDemandedEdits) {
  CellFolder both, one;
  for (CellFolder* cell : {&both, &one}) {
    const Json rule = cell->plan["expect"]["wire"][0];
    cell->plan["expect"]["wire"].push_back(rule);
  }
  EXPECT_EQ(both.judge().level, Level::pass);
  one.plan["expect"]["wire"][1]["kind"] = "dropped";
  expect_error(one, "declared-edit-missing");
}

TEST(Armed, DeclaredEditOnAnotherSegmentClass) {
  CellFolder cell;
  cell.plan["expect"]["wire"][0]["segment"] = "syn";
  expect_error(cell, "declared-edit-missing");
}

TEST(Armed, UndeclaredEdit) {
  CellFolder cell;
  cell.box["mptcp"] = [](Way way, const Tcp& t) {
    Tcp u = window_box()(way, t)[0];
    if (way == Way::c2s && u.payload.size() == 1000 && u.payload[100] != 0 && t.seq == 1001) u.payload[100] ^= 1;
    return std::vector<Tcp>{u};
  };
  expect_error(cell, "undeclared-edit");
}

TEST(Armed, UndeclaredEditInTheBaseline) {
  CellFolder cell;
  cell.box["baseline"] = window_box();
  expect_error(cell, "undeclared-edit");
}

TEST(Armed, DirectionIsPartOfTheDeclaration) {
  CellFolder cell;
  cell.evidence["boxes"][0]["declares"][0]["dir"] = "s2c";
  expect_error(cell, "undeclared-edit");
}

TEST(Armed, CaptureReportsLoss) {
  CellFolder cell;
  cell.write();
  cell.capture["mptcp"]["interfaces"][2]["dropped"] = 1;
  cell.write();
  expect_error(cell, "capture-lost");
}

TEST(Armed, FrameDeletedWhereNoBoxStands) {
  CellFolder cell;
  cell.write();
  Folder other;
  // The same conversation without its eighth frame at the server's end; the capture report is made to agree.
  cell.capture["mptcp"]["interfaces"][3]["frames"] = cell.capture["mptcp"]["interfaces"][3]["frames"].get<int>() - 1;
  cell.write();
  std::vector<Stamped> kept;
  const Trace t = Trace::read({cell.path("mptcp/s-c.pcapng")});
  for (const TracedFrame& f : t.frames())
    if (f.number != 8) kept.push_back({f.time, {f.ip.begin(), f.ip.end()}});
  write_capture(cell.path("mptcp/s-c.pcapng"), kept);
  expect_error(cell, "unboxed-difference");
}

TEST(Armed, FramesMissingAgainstTheReport) {
  CellFolder cell;
  cell.write();
  const Trace t = Trace::read({cell.path("mptcp/s-c.pcapng")});
  std::vector<Stamped> kept;
  for (const TracedFrame& f : t.frames()) kept.push_back({f.time, {f.ip.begin(), f.ip.end()}});
  kept.pop_back();  // the very last frame: could have been in flight
  write_capture(cell.path("mptcp/s-c.pcapng"), kept);
  expect_error(cell, "evidence-damaged");
}

TEST(Armed, SidesExchanged) {
  CellFolder cell;
  cell.write();
  std::filesystem::rename(cell.path("mptcp/p1r2-c.pcapng"), cell.path("mptcp/x"));
  std::filesystem::rename(cell.path("mptcp/p1r2-s.pcapng"), cell.path("mptcp/p1r2-c.pcapng"));
  std::filesystem::rename(cell.path("mptcp/x"), cell.path("mptcp/p1r2-s.pcapng"));
  expect_error(cell, "unboxed-difference");
}

TEST(Armed, EveryLossOfTheQueue) {
  for (const char* name : {"overrun", "queue_dropped", "user_dropped", "inject_failed", "refused", "oversize"}) {
    CellFolder cell;
    cell.boxes["mptcp"]["adapter"][name] = 1;
    expect_error(cell, "queue-lost");
  }
}

TEST(Armed, BoxThatRanAsPass) {
  CellFolder cell;
  cell.boxes["mptcp"]["mode"] = "pass";
  expect_error(cell, "not-armed");
}

TEST(Armed, BaselineThatFellBack) {
  CellFolder cell;
  cell.talks["baseline"] = Talk::plain(6000, 3000, 5001);
  expect_error(cell, "baseline-unclean");
}

TEST(Armed, BaselineWithAWrongByte) {
  CellFolder cell;
  cell.server_received["baseline"][100] ^= 1;
  expect_error(cell, "baseline-unclean");
}

TEST(Armed, LabError) {
  CellFolder cell;
  cell.evidence["errors"] = {"the box died"};
  expect_error(cell, "lab-error");
}

TEST(Armed, MissingEvidence) {
  for (const char* name : {"plan.json", "evidence.json", "mptcp/client.json", "baseline/server.json",
                           "tcp/capture.json", "mptcp/box-path1.r2.json", "mptcp/server.received"}) {
    CellFolder cell;
    cell.write();
    std::filesystem::remove(cell.path(name));
    expect_error(cell, "evidence-missing");
  }
}

TEST(Armed, MissingCapture) {
  CellFolder cell;
  cell.write();
  std::filesystem::remove(cell.path("mptcp/p1r2-c.pcapng"));
  expect_error(cell, "evidence-damaged");
}

TEST(Armed, DamagedEvidence) {
  for (const char* name : {"plan.json", "evidence.json", "mptcp/client.json", "baseline/server.json",
                           "tcp/capture.json", "mptcp/box-path1.r2.json", "mptcp/s-c.pcapng"}) {
    for (const char* text : {"", "{", "[]", "{\"cell\":7}", "null", "\x00\x01\x02"}) {
      CellFolder cell;
      cell.write();
      std::ofstream(cell.path(name), std::ios::trunc) << text;
      const Verdict v = cell.judge();
      EXPECT_EQ(v.level, Level::error) << name << " = " << text << "\n" << story(v);
    }
  }
}

TEST(Armed, NoFolderAtAll) { EXPECT_EQ(judge_cell("/nonexistent/cell").level, Level::error); }

TEST(Armed, CaptureOfAnotherRun) {
  CellFolder cell;
  cell.write();
  for (const char* cut : {"c-p1", "p1r2-c", "p1r2-s", "s-c"}) {
    const std::string name = std::string("/") + cut + ".pcapng";
    std::filesystem::copy_file(cell.path("baseline" + name), cell.path("mptcp" + name),
                               std::filesystem::copy_options::overwrite_existing);
  }
  const Verdict v = cell.judge();
  EXPECT_EQ(v.level, Level::error) << story(v);
}

// A box that declares its edit for data alone, by its trigger, and touches SYNs and acknowledgements too.
TEST(Armed, EditOnAClassTheTriggerDoesNotSelect) {
  for (const char* when : {"data", "data+fin", "nonsyn"}) {
    CellFolder honest, evil;
    for (CellFolder* cell : {&honest, &evil})
      for (auto& [run, report] : cell->boxes) report["boxes"] = {{{"spec", "window"}, {"only", when}}};
    EXPECT_EQ(honest.judge().level, Level::pass) << when;
    for (const char* run : {"tcp", "mptcp"})
      evil.box[run] = [](Way way, const Tcp& t) {
        Tcp u = t;
        if (way == Way::c2s) u.window = 111;
        return std::vector<Tcp>{u};
      };
    expect_error(evil, "undeclared-edit");
  }
}

}  // namespace
}  // namespace gauntlet::test
