// Each outcome of the closed list from a conversation that shows it, through the whole judge: the wire decides, sockets
// and counters corroborate.
#include <gmock/gmock.h>

#include "cell.hh"

namespace gauntlet::test {
namespace {

// A cell whose mptcp run is `talk`; the box still rewrites windows, so that the cell is armed.
Verdict judge_talk(CellFolder& cell, Talk talk) {
  cell.talks["mptcp"] = std::move(talk);
  cell.declare(Json::array({{{"kind", "window_changed"}, {"field", ""}, {"dir", "both"}}}));
  return cell.judge();
}

Talk& transfer_plain(Talk& t, uint64_t from, uint64_t up) {
  for (uint64_t at = from; at < up; at += 1000) t.unmapped(Way::c2s, at, 1000).plain_ack(Way::s2c);
  return t.fin();
}

TEST(OutcomeOf, FallbackInTheHandshake) {
  for (const int without : {0, 1, 2}) {  // SYN, SYN/ACK, third ACK
    CellFolder cell(6000, 0);
    Talk t;
    t.handshake();
    for (int i = without; i < 3; ++i) t.log[static_cast<size_t>(i)].tcp.options = {2, 4, 5, 180};
    if (without == 2) t.log[2].tcp.options.clear();
    cell.socket("mptcp", false);
    cell.expect({"fallback-handshake"});
    const Verdict v = judge_talk(cell, transfer_plain(t, 0, 6000));
    EXPECT_EQ(v.outcome, Outcome::fallback_handshake) << without << story(v);
    EXPECT_EQ(v.level, Level::pass) << story(v);
  }
}

TEST(OutcomeOf, FallbackOnTheFirstData) {
  CellFolder cell(6000, 0);
  Talk t;
  t.handshake().data(Way::c2s, 0, 1000).plain_ack(Way::s2c).infinite(Way::c2s, 1000, 1000).plain_ack(Way::s2c);
  cell.socket("mptcp", false);
  cell.expect({"fallback-first"});
  const Verdict v = judge_talk(cell, transfer_plain(t, 2000, 6000));
  EXPECT_EQ(v.outcome, Outcome::fallback_first) << story(v);
  EXPECT_EQ(v.level, Level::pass) << story(v);
}

// A proxy acknowledges the first data without an option; the server's own acknowledgement, with one, comes behind it.
// The client has given up by then (3.7 rule 3), and the server sees options stop that it had seen before.
TEST(OutcomeOf, FallbackOnTheFirstDataThatAProxyAcknowledged) {
  CellFolder cell(6000, 0);
  Talk t;
  t.handshake().data(Way::c2s, 0, 1000).data(Way::c2s, 1000, 1000).plain_ack(Way::s2c).acks(Way::s2c);
  cell.socket("mptcp", false);
  cell.expect({"fallback-first"});
  const Verdict v = judge_talk(cell, transfer_plain(t, 2000, 6000));
  EXPECT_EQ(v.outcome, Outcome::fallback_first) << story(v);
  EXPECT_EQ(v.level, Level::pass) << story(v);
}

// The same acknowledgements the other way round: a DSS had arrived, so the first data is past.
TEST(OutcomeOf, AnAnswerWithoutOptionsAfterADssIsLate) {
  CellFolder cell(6000, 0);
  Talk t;
  t.handshake().data(Way::c2s, 0, 1000).data(Way::c2s, 1000, 1000).acks(Way::s2c).plain_ack(Way::s2c);
  cell.socket("mptcp", false);
  cell.expect({"fallback-first"});
  const Verdict v = judge_talk(cell, transfer_plain(t, 2000, 6000));
  EXPECT_EQ(v.outcome, Outcome::fallback_late) << story(v);
  EXPECT_EQ(v.level, Level::deviation) << story(v);
}

// The third ACK lost its option; the client's first data repeats the keys, but the server has decided.
TEST(OutcomeOf, AServerThatNeverSpokeDidNotStopInMidConnection) {
  CellFolder cell(6000, 0);
  Talk t;
  t.handshake().data(Way::c2s, 0, 1000).plain_ack(Way::s2c);
  cell.socket("mptcp", false);
  cell.expect({"fallback-first"});
  const Verdict v = judge_talk(cell, transfer_plain(t, 1000, 6000));
  EXPECT_EQ(v.outcome, Outcome::fallback_first) << story(v);
  EXPECT_THAT(story(v), ::testing::HasSubstr("server: plain TCP from the first data on (it never sent an option"));
}

TEST(OutcomeOf, FallbackLate) {
  CellFolder cell(6000, 0);
  Talk t;
  t.handshake().data(Way::c2s, 0, 1000).acks(Way::s2c).data(Way::c2s, 1000, 1000).acks(Way::s2c);
  cell.socket("mptcp", false);
  const Verdict v = judge_talk(cell, transfer_plain(t, 2000, 6000));
  EXPECT_EQ(v.outcome, Outcome::fallback_late) << story(v);
  EXPECT_EQ(v.level, Level::deviation) << "preserved was expected (MUST)";
}

// Somebody's MP_FAIL far outside the window is not received (RFC 8684 3), the same one inside it is.
TEST(OutcomeOf, AnMpFailOutsideTheWindowIsNone) {
  for (const bool inside : {false, true}) {
    CellFolder cell(3000, 0, true);
    Talk t(true);
    t.handshake().data(Way::c2s, 0, 1000).acks(Way::s2c).data(Way::c2s, 1000, 1000).acks(Way::s2c);
    MpFail fail;
    fail.dsn = idsn_of(Talk::kClientKey) + 1001;
    t.option_on_ack(Way::c2s, fail);
    if (!inside) t.log.back().tcp.seq += 1'000'000'000;
    t.acks(Way::s2c).data(Way::c2s, 2000, 1000).acks(Way::s2c).data_fin(Way::c2s, 3000).fin();
    const Verdict v = judge_talk(cell, std::move(t));
    const std::vector<std::string> failed = reasons(v);
    const bool unanswered = std::find(failed.begin(), failed.end(), "fail-unanswered") != failed.end();
    EXPECT_EQ(unanswered, inside) << story(v);
  }
}

TEST(OutcomeOf, FallbackAfterMpFail) {
  CellFolder cell(6000, 0, true);
  Talk t(true);
  t.handshake().data(Way::c2s, 0, 1000).acks(Way::s2c).data(Way::c2s, 1000, 1000);
  MpFail fail;
  fail.dsn = idsn_of(Talk::kClientKey) + 1001;
  t.option_on_ack(Way::s2c, fail).option_on_ack(Way::c2s, fail).infinite(Way::c2s, 2000, 1000).plain_ack(Way::s2c);
  cell.socket("mptcp", false);
  cell.expect({"fallback-fail"});
  const Verdict v = judge_talk(cell, transfer_plain(t, 3000, 6000));
  EXPECT_EQ(v.outcome, Outcome::fallback_fail) << story(v);
  EXPECT_EQ(v.level, Level::pass) << story(v);
}

TEST(OutcomeOf, UnansweredMpFailIsADeviation) {
  CellFolder cell(6000, 0, true);
  Talk t(true);
  t.handshake().data(Way::c2s, 0, 1000).acks(Way::s2c).data(Way::c2s, 1000, 1000);
  MpFail fail;
  fail.dsn = idsn_of(Talk::kClientKey) + 1001;
  t.option_on_ack(Way::s2c, fail).infinite(Way::c2s, 2000, 1000).plain_ack(Way::s2c);
  cell.socket("mptcp", false);
  cell.expect({"fallback-fail"});
  const Verdict v = judge_talk(cell, transfer_plain(t, 3000, 6000));
  EXPECT_EQ(v.outcome, Outcome::fallback_fail);
  EXPECT_EQ(v.level, Level::deviation) << story(v);
  EXPECT_THAT(reasons(v), ::testing::ElementsAre("fail-unanswered"));
}

// The client gives up MP_CAPABLE when it sends its SYN again. The server's answer to that one MUST NOT have it (3.1).
TEST(Signals, ASynWithoutMpCapableIsAnsweredWithoutIt) {
  for (const bool asked : {false, true}) {
    for (const bool capable : {false, true}) {
      CellFolder cell(6000, 0);
      Talk t;
      t.handshake();
      const Tcp syn = t.log[0].tcp, synack = t.log[1].tcp;
      Tcp again = syn, answer = synack;
      if (!asked) again.options = {2, 4, 5, 180};
      if (!capable) answer.options = {2, 4, 5, 180};
      t.log[2].tcp.options.clear();
      t.log.insert(t.log.begin() + 2, {Sent{Way::c2s, again}, Sent{Way::s2c, answer}});
      cell.socket("mptcp", false);
      cell.expect({"fallback-handshake"});
      const Verdict v = judge_talk(cell, transfer_plain(t, 0, 6000));
      EXPECT_EQ(v.outcome, Outcome::fallback_handshake) << story(v);
      if (!asked && capable) {
        EXPECT_EQ(v.level, Level::deviation) << story(v);
        EXPECT_THAT(reasons(v), ::testing::ElementsAre("capable-unasked"));
      } else {
        EXPECT_EQ(v.level, Level::pass) << story(v);
      }
    }
  }
}

// Two paths: the first subflow carries the first and the last bytes.
struct TwoPaths : ::testing::Test {
  CellFolder cell{6000, 0};
  Talk talk, base{false, 5001};
  void SetUp() override {
    cell.plan["paths"] = 2;
    base.handshake().data(Way::c2s, 0, 1000).acks(Way::s2c).join();
    for (uint64_t at = 1000; at < 6000; at += 1000) base.data(Way::c2s, at, 1000, 1).acks(Way::s2c, 1);
    base.data_fin(Way::c2s, 6000).data_fin(Way::s2c, 0).fin(0).fin(1);
    cell.talks["baseline"] = base;
  }
  void rest(uint64_t from) {
    for (uint64_t at = from; at < 6000; at += 1000) talk.data(Way::c2s, at, 1000).acks(Way::s2c);
    talk.data_fin(Way::c2s, 6000).data_fin(Way::s2c, 0).fin();
  }
};

TEST_F(TwoPaths, Preserved) {
  talk = base;
  for (Sent& s : talk.log) (s.way == Way::c2s ? s.tcp.dport : s.tcp.sport) = 5003;
  const Verdict v = judge_talk(cell, talk);
  EXPECT_EQ(v.outcome, Outcome::preserved) << story(v);
  EXPECT_EQ(v.level, Level::pass) << story(v);
}

TEST_F(TwoPaths, JoinRefusedByReset) {
  talk.handshake().data(Way::c2s, 0, 1000).acks(Way::s2c).join(false).reset(Way::s2c, 1, 1);
  rest(1000);
  cell.expect({"join-refused"});
  const Verdict v = judge_talk(cell, talk);
  EXPECT_EQ(v.outcome, Outcome::join_refused) << story(v);
  EXPECT_EQ(v.level, Level::pass) << story(v);
  EXPECT_THAT(story(v), ::testing::HasSubstr("MP_TCPRST reason 1"));
}

TEST_F(TwoPaths, NoJoinAttemptedIsNotPreserved) {
  talk.handshake();
  rest(0);
  EXPECT_EQ(judge_talk(cell, talk).outcome, Outcome::join_refused);
}

TEST_F(TwoPaths, SubflowReset) {
  talk.handshake().data(Way::c2s, 0, 1000).acks(Way::s2c).join().data(Way::c2s, 1000, 1000, 1).reset(Way::s2c, 1, 6);
  rest(1000);
  cell.expect({"subflow-reset"});
  const Verdict v = judge_talk(cell, talk);
  EXPECT_EQ(v.outcome, Outcome::subflow_reset) << story(v);
  EXPECT_EQ(v.level, Level::pass) << story(v);
}

TEST_F(TwoPaths, ResetAfterTheLastByteIsNoLoss) {
  talk = base;
  for (Sent& s : talk.log) (s.way == Way::c2s ? s.tcp.dport : s.tcp.sport) = 5003;
  talk.reset(Way::s2c, 1, std::nullopt);
  talk.log.back().tcp.sport = 5003;
  EXPECT_EQ(judge_talk(cell, talk).outcome, Outcome::preserved);
}

// What another subflow delivered is sent once more on the first, which its receiver has closed by RST.
Talk sent_again_behind_a_reset(bool server_fin_acknowledged) {
  Talk talk;
  talk.handshake().data(Way::c2s, 0, 1000).acks(Way::s2c).join();
  for (uint64_t at = 1000; at < 6000; at += 1000) talk.data(Way::c2s, at, 1000, 1).acks(Way::s2c, 1);
  talk.data_fin(Way::c2s, 6000, 1).data_fin(Way::s2c, 0, 1);
  for (const Way way : kWays) {
    Dss d;
    d.data_ack8 = true;
    d.data_ack = idsn_of(key_of(reverse(way))) + 1 + (way == Way::s2c ? 6001 : server_fin_acknowledged ? 1 : 0);
    talk.option_on_ack(way, d, 1);
  }
  return talk.reset(Way::s2c, 0, std::nullopt).data(Way::c2s, 1000, 1000).fin(1);
}

// Once both DATA_FINs are acknowledged it MAY be (3.3.3). Before, that is the loss of a subflow.
TEST_F(TwoPaths, ResetBehindBothDataFinsIsNoLoss) {
  EXPECT_EQ(judge_talk(cell, sent_again_behind_a_reset(true)).outcome, Outcome::preserved);
}

TEST_F(TwoPaths, ResetBeforeBothDataFinsAreAcknowledgedIsALoss) {
  EXPECT_EQ(judge_talk(cell, sent_again_behind_a_reset(false)).outcome, Outcome::subflow_reset);
}

TEST(OutcomeOf, AbortAndStall) {
  for (const bool stall : {false, true}) {
    CellFolder cell(6000, 0);
    Talk t;
    t.handshake()
        .data(Way::c2s, 0, 1000)
        .acks(Way::s2c)
        .data(Way::c2s, 1000, 1000)
        .acks(Way::s2c)
        .reset(Way::s2c, 0, 6);
    cell.ended("mptcp", stall ? "stalled" : "failed", stall ? "timeout" : "reset");
    cell.server_received["mptcp"].resize(2000);
    cell.expect({"abort"});
    const Verdict v = judge_talk(cell, t);
    EXPECT_EQ(v.outcome, stall ? Outcome::stall : Outcome::abort) << story(v);
    EXPECT_EQ(v.level, stall ? Level::harm : Level::pass) << story(v);
    EXPECT_EQ(v.bytes, "I") << "right as far as it goes";
    EXPECT_EQ(v.worse_than_tcp, !stall);
  }
}

// Ended by us at the run's limit, without an end of its own: nobody can say that it ends.
TEST(OutcomeOf, WhatWeEndedAtOurLimitHadNoEnd) {
  CellFolder cell(6000, 0);
  Talk t;
  t.handshake().data(Way::c2s, 0, 1000).acks(Way::s2c).data(Way::c2s, 1000, 1000).acks(Way::s2c);
  cell.ended("mptcp", "failed", "timeout");
  cell.server_received["mptcp"].resize(2000);
  cell.expect({"abort"});
  const Verdict v = judge_talk(cell, t);
  EXPECT_EQ(v.outcome, Outcome::stall) << story(v);
  EXPECT_EQ(v.level, Level::harm) << story(v);
}

// Plain TCP from the handshake on, which stands still where the control does: that is a fallback. Where the control got
// further it is a stall.
TEST(OutcomeOf, FallbackThatEndsAsPlainTcpDoesIsAFallback) {
  for (const bool control_too : {true, false}) {
    CellFolder cell(6000, 0);
    Talk t, plain(false, 5002);
    t.handshake();
    t.log[1].tcp.options = {2, 4, 5, 180};
    plain.plain_handshake();
    for (Talk* each : {&t, &plain}) each->unmapped(Way::c2s, 0, 1000).plain_ack(Way::s2c);
    cell.socket("mptcp", false);
    cell.ended("mptcp", "failed", "timeout");
    cell.server_received["mptcp"].resize(1000);
    if (control_too) {
      cell.talks["tcp"] = plain;
      cell.ended("tcp", "failed", "timeout");
      cell.server_received["tcp"].resize(1000);
    }
    cell.expect({"fallback-handshake"});
    const Verdict v = judge_talk(cell, t);
    EXPECT_EQ(v.outcome, control_too ? Outcome::fallback_handshake : Outcome::stall) << story(v);
    EXPECT_EQ(v.level, control_too ? Level::pass : Level::harm) << story(v);
  }
}

TEST(OutcomeOf, SocketThatSaysOtherwiseIsInTheStory) {
  CellFolder cell;
  cell.client["mptcp"]["samples"][2]["is_mptcp"] = false;
  const Verdict v = cell.judge();
  EXPECT_EQ(v.outcome, Outcome::fallback_late);
  EXPECT_THAT(story(v), ::testing::HasSubstr("client: its socket says plain TCP"));
  EXPECT_THAT(story(v), ::testing::HasSubstr("the ends disagree"));
}

}  // namespace
}  // namespace gauntlet::test
