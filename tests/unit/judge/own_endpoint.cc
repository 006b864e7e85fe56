// A program of somebody else's in place of our endpoint: what it does not tell is not evaluated, what it tells counts.
#include <gmock/gmock.h>

#include "cell.hh"

namespace gauntlet::test {
namespace {

using ::testing::Contains;

// Of one run: as `gauntlet serve --command` reports a program that says nothing but its exit code.
void keeps_silent(Json& report) {
  for (const char* name : {"sent", "received", "first_wrong", "wrong_bytes", "eof", "close", "stalled"})
    report[name] = nullptr;
  report["command"] = {"iperf3"};
  report["samples"] = Json::array();
  report["received_file"] = "";
}

struct OwnEndpoint : ::testing::Test {
  CellFolder cell;
  void SetUp() override {
    for (const char* run : {"baseline", "tcp", "mptcp"}) {
      keeps_silent(cell.client[run]);
      keeps_silent(cell.server[run]);
      cell.client_received[run].clear();
      cell.server_received[run].clear();
    }
  }
  // What it received, and that it was all.
  void server_tells() {
    const Raw right = CellFolder().server_received["mptcp"];
    for (const char* run : {"baseline", "tcp", "mptcp"}) {
      cell.server[run]["received_file"] = "server.received";
      cell.server[run]["received"] = right.size();
      cell.server[run]["eof"] = true;
      cell.server_received[run] = right;
    }
  }
};

TEST_F(OwnEndpoint, SilenceAboutBytesIsNotEvaluated) {
  const Verdict v = cell.judge();
  EXPECT_EQ(v.level, Level::pass) << story(v);  // the outcome is on the wire
  EXPECT_EQ(v.bytes, "");
  for (const char* id : {"bytes.up", "bytes.down"}) {
    ASSERT_NE(check_of(v, id), nullptr) << id;
    EXPECT_EQ(check_of(v, id)->level, Level::not_evaluated) << id;
    EXPECT_EQ(check_of(v, id)->reason, "not-reported");
  }
}

TEST_F(OwnEndpoint, AFailedExitIsAnAbort) {
  cell.server["mptcp"]["result"] = "failed";
  const Verdict v = cell.judge();
  EXPECT_EQ(v.level, Level::deviation) << story(v);
  EXPECT_EQ(v.outcome, Outcome::abort);
}

TEST_F(OwnEndpoint, OneSideThatTellsIsJudged) {
  server_tells();
  cell.server_received["mptcp"][100] ^= 1;
  const Verdict v = cell.judge();
  EXPECT_EQ(v.level, Level::harm) << story(v);
  EXPECT_EQ(v.bytes, "C");
  EXPECT_EQ(check_of(v, "bytes.down")->level, Level::not_evaluated);
}

TEST_F(OwnEndpoint, OneSideThatTellsDoesNotSpeakForTheOther) {
  server_tells();
  const Verdict v = cell.judge();
  EXPECT_EQ(check_of(v, "bytes.up")->level, Level::pass) << story(v);
  EXPECT_EQ(check_of(v, "bytes.down")->level, Level::not_evaluated);
  EXPECT_EQ(v.bytes, "");
}

TEST_F(OwnEndpoint, OurOwnReportMayNotBeSilent) {
  cell.client["mptcp"].erase("command");
  const Verdict v = cell.judge();
  EXPECT_EQ(v.level, Level::error) << story(v);
  EXPECT_THAT(reasons(v), Contains("evidence-damaged"));
}

}  // namespace
}  // namespace gauntlet::test
