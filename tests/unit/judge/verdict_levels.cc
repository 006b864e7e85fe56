// The order of a verdict, second and third part: invariants, then the expectation; levels, culprits, what is not
// evaluated.
#include <gmock/gmock.h>

#include "cell.hh"

namespace gauntlet::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

BoxFunction edit_box() {  // one bit of stream byte 2500, c2s
  return [](Way way, const Tcp& t) {
    Tcp u = t;
    if (way == Way::c2s && t.seq == 3001 && t.payload.size() > 500) u.payload[500] ^= 0x20;
    return std::vector<Tcp>{u};
  };
}

// A cell whose box edits one byte in the control and in the mptcp run.
struct Edited : ::testing::Test {
  CellFolder cell{6000, 0};
  void SetUp() override {
    cell.box = {{"tcp", edit_box()}, {"mptcp", edit_box()}};
    cell.declare(Json::array({{{"kind", "changed"}, {"field", "payload"}, {"dir", "c2s"}}}));
    for (const char* run : {"tcp", "mptcp"}) cell.server_received[run][2500] ^= 0x20;
  }
};

TEST_F(Edited, NobodyToldIsU) {
  cell.expect({"preserved"}, "DESC", "U");
  const Verdict v = cell.judge();
  EXPECT_EQ(v.bytes, "U") << story(v);
  EXPECT_EQ(v.level, Level::pass) << story(v);
  EXPECT_EQ(v.culprit, "box");
}

TEST_F(Edited, OutsideTheSetIsHarm) {
  const Verdict v = cell.judge();
  EXPECT_EQ(v.level, Level::harm) << story(v);
  EXPECT_THAT(reasons(v), Contains("wrong-bytes"));
}

TEST_F(Edited, AfterFallbackIsT) {
  Talk t;
  t.plain_handshake();
  for (uint64_t at = 0; at < 6000; at += 1000) t.unmapped(Way::c2s, at, 1000).plain_ack(Way::s2c);
  cell.talks["mptcp"] = t.fin();
  cell.socket("mptcp", false);
  cell.expect({"fallback-handshake"}, "MUST", "T");
  const Verdict v = cell.judge();
  EXPECT_EQ(v.bytes, "T") << story(v);
  EXPECT_EQ(v.level, Level::pass) << story(v);
}

TEST(Bytes, IdenticalWhereAnEditWasExpectedIsToleratedAndSaid) {
  CellFolder cell;
  cell.expect({"preserved"}, "MUST", "T");
  const Verdict v = cell.judge();
  EXPECT_EQ(v.level, Level::lenient) << story(v);
  EXPECT_THAT(reasons(v), Contains("bytes-identical"));
}

TEST(Bytes, ReceiverThatDeliversAnotherByte) {
  CellFolder cell;
  cell.server_received["mptcp"][2500] ^= 0x20;
  const Verdict v = cell.judge();
  EXPECT_EQ(v.level, Level::harm);
  EXPECT_EQ(v.bytes, "C");
  EXPECT_EQ(v.culprit, "receiver") << story(v);
}

TEST(Bytes, ReceiverThatLosesTheEndSilently) {
  CellFolder cell;
  cell.server_received["mptcp"].resize(5000);
  const Verdict v = cell.judge();
  EXPECT_EQ(v.level, Level::harm);
  EXPECT_EQ(v.bytes, "C");
  EXPECT_EQ(v.culprit, "receiver") << story(v);
}

TEST(Bytes, SenderThatSendsAnotherByte) {
  CellFolder cell;
  for (Sent& s : cell.talks["mptcp"].log)
    if (s.way == Way::c2s && s.tcp.seq == 3001 && s.tcp.payload.size() > 500) s.tcp.payload[500] ^= 0x20;
  cell.server_received["mptcp"][2500] ^= 0x20;
  const Verdict v = cell.judge();
  EXPECT_EQ(v.level, Level::harm);
  EXPECT_EQ(v.culprit, "sender") << story(v);
}

TEST(Bytes, ReceiverThatDeliversTwice) {
  CellFolder cell(6400, 0);
  Raw& got = cell.server_received["mptcp"];
  const Raw twice(got.begin() + 640, got.begin() + 1280);
  got.insert(got.begin() + 1280, twice.begin(), twice.end());
  const Verdict v = cell.judge();
  EXPECT_EQ(v.level, Level::harm);
  EXPECT_THAT(reasons(v), Contains("duplicate-bytes")) << story(v);
  EXPECT_EQ(v.culprit, "receiver");
}

TEST(Bytes, ReceiverThatDeliversBytesNobodySent) {
  for (const bool repeated : {false, true}) {
    CellFolder cell;
    Raw& got = cell.server_received["mptcp"];
    got = got + (repeated ? Raw(got.end() - 640, got.end()) : text("foreign bytes, and no wire brought them"));
    const Verdict v = cell.judge();
    EXPECT_EQ(v.level, Level::harm);
    EXPECT_EQ(v.bytes, "C");
    EXPECT_EQ(v.culprit, "receiver") << repeated << story(v);
  }
}

// What a row allows of a box's edits is no licence for the receiver: not where any end will do, and not in the control.
TEST_F(Edited, ByteThatNoPacketBroughtIsHarmWhateverTheRowAllows) {
  cell.expect({"preserved"}, "UNSPEC", "UTC");
  cell.server_received["mptcp"][4321] ^= 0x20;
  const Verdict v = cell.judge();
  EXPECT_EQ(v.level, Level::harm) << story(v);
  EXPECT_THAT(reasons(v), ElementsAre("made-up-bytes"));
  const Check* c = check_of(v, "bytes.up.made-up");
  ASSERT_TRUE(c) << story(v);
  EXPECT_EQ(c->actual, "mptcp: 1 bytes that none brought, the first at offset 4321");
}
TEST_F(Edited, ByteThatNoPacketBroughtInTheControlIsAnError) {
  cell.expect({"preserved"}, "UNSPEC", "UTC");
  cell.server_received["tcp"][4321] ^= 0x20;
  const Verdict v = cell.judge();
  EXPECT_EQ(v.level, Level::error) << story(v);
  EXPECT_THAT(reasons(v), ElementsAre("made-up-bytes"));
}
// Bytes in another place, or missing: what the row says of that decides alone.
TEST_F(Edited, BytesThatArrivedElsewhereAreNotMadeUp) {
  cell.expect({"preserved"}, "UNSPEC", "UTC");
  Raw& got = cell.server_received["mptcp"];
  got.erase(got.begin() + 3000, got.begin() + 3005);
  const Verdict v = cell.judge();
  EXPECT_EQ(v.bytes, "C") << story(v);
  EXPECT_EQ(v.level, Level::pass) << story(v);
}

// The box damages a segment and its checksum with it; the sender sends it again. No TCP takes the first copy.
TEST(Bytes, ReceiverThatTakesAWrongTcpChecksum) {
  CellFolder cell;
  const BoxFunction damage = [](Way way, const Tcp& t) {
    std::vector<Tcp> out{t};
    if (way == Way::c2s && t.seq == 3001 && !t.payload.empty()) {
      out.insert(out.begin(), t);
      out[0].payload[500] ^= 0x20;
      out[0].break_checksum = true;
    }
    return out;
  };
  cell.box = {{"tcp", damage}, {"mptcp", damage}};
  cell.server_received["mptcp"][2500] ^= 0x20;
  const Verdict v = cell.judge();
  EXPECT_EQ(v.culprit, "receiver") << story(v);
}

// RFC 9293 3.10.7.4: a blind reset outside the window ends nothing, so the bytes behind it are still the box's doing.
TEST(Bytes, BoxThatEditsBehindABlindReset) {
  CellFolder cell(6000, 0);
  const BoxFunction edit = edit_box();
  const BoxFunction both = [&edit](Way way, const Tcp& t) {
    std::vector<Tcp> out = edit(way, t);
    if (way == Way::c2s && t.seq == 2001 && !t.payload.empty()) {
      Tcp reset = t;
      reset.flags = kRst;
      reset.seq += 0x7f000000;
      reset.payload.clear();
      reset.options.clear();
      out.push_back(reset);
    }
    return out;
  };
  cell.box = {{"tcp", both}, {"mptcp", both}};
  for (const char* run : {"tcp", "mptcp"}) cell.server_received[run][2500] ^= 0x20;
  const Verdict v = cell.judge();
  EXPECT_EQ(v.culprit, "box") << story(v);
}

TEST(Bytes, ReceiverThatIgnoresAFailedChecksum) {
  CellFolder cell(6000, 0, true);
  cell.box = {{"tcp", edit_box()}, {"mptcp", edit_box()}};
  cell.declare(Json::array({{{"kind", "changed"}, {"field", "payload"}, {"dir", "c2s"}},
                            {{"kind", "checksum_broken"}, {"field", "dss checksum"}, {"dir", "c2s"}}}));
  for (const char* run : {"tcp", "mptcp"}) cell.server_received[run][2500] ^= 0x20;
  const Verdict v = cell.judge();
  EXPECT_EQ(v.level, Level::harm) << story(v);
  EXPECT_EQ(v.bytes, "U");
}

TEST(Expectation, StrengthDecidesTheLevel) {
  for (const auto& [strength, level] : {std::pair{"MUST", Level::deviation},
                                        {"SHOULD", Level::lenient},
                                        {"DESC", Level::lenient},
                                        {"UNSPEC", Level::pass}}) {
    CellFolder cell;
    cell.expect({"fallback-handshake"}, strength);
    const Verdict v = cell.judge();
    EXPECT_EQ(v.level, level) << strength << story(v);
  }
  CellFolder tolerated;
  tolerated.expect({"fallback-handshake"});
  tolerated.plan["expect"]["lenient"] = {"preserved"};
  EXPECT_EQ(tolerated.judge().level, Level::lenient);
}

TEST(Expectation, Counters) {
  CellFolder moved, still, unknown;
  moved.plan["expect"]["counters"]["client"]["must_not"] = {"MPCapableSYNTX"};
  still.plan["expect"]["counters"]["server"]["must"] = {"MPFailTx"};
  unknown.plan["expect"]["counters"]["client"]["must"] = {"NoSuchCounter"};
  for (CellFolder* cell : {&moved, &still}) {
    const Verdict v = cell->judge();
    EXPECT_EQ(v.level, Level::lenient) << "counters alone never make a deviation\n" << story(v);
    EXPECT_THAT(reasons(v), Contains("counter"));
  }
  const Verdict v = unknown.judge();
  EXPECT_EQ(v.level, Level::pass);
  bool not_evaluated = false;
  for (const Check& c : v.checks)
    not_evaluated |= c.id == "counters.client" && c.level == Level::not_evaluated && c.reason == "no-such-counter";
  EXPECT_TRUE(not_evaluated);
}

TEST(Expectation, CountersOfARunWithSocketsLeftAreNotEvaluated) {
  CellFolder cell;
  cell.plan["expect"]["counters"]["client"]["must_not"] = {"MPCapableSYNTX"};
  cell.client["mptcp"]["sockets_gone"] = false;
  const Verdict v = cell.judge();
  EXPECT_EQ(v.level, Level::pass) << story(v);
  EXPECT_THAT(reasons(v), IsEmpty());
}

TEST(Expectation, UnarmedCellIsNotJudgedFurther) {
  CellFolder cell;
  cell.server_received["mptcp"][2500] ^= 0x20;  // harm, were the cell armed
  cell.boxes["mptcp"]["hits"] = 0;
  const Verdict v = cell.judge();
  EXPECT_EQ(v.level, Level::error);
  for (const Check& c : v.checks) {
    if (c.id.starts_with("bytes") || c.id.starts_with("outcome")) {
      EXPECT_EQ(c.level, Level::not_evaluated);
    }
  }
}

TEST(Levels, WorstWins) {
  EXPECT_EQ(worse(Level::pass, Level::lenient), Level::lenient);
  EXPECT_EQ(worse(Level::deviation, Level::lenient), Level::deviation);
  EXPECT_EQ(worse(Level::deviation, Level::harm), Level::harm);
  EXPECT_EQ(worse(Level::error, Level::harm), Level::error);
  EXPECT_EQ(worse(Level::pass, Level::not_evaluated), Level::pass);
}

}  // namespace
}  // namespace gauntlet::test
