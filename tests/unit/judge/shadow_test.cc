// The shadow receiver against conversations written by hand from RFC 8684.
#include <gtest/gtest.h>

#include "judge/shadow.hh"
#include "talk.hh"

namespace gauntlet::test {
namespace {

std::vector<Stamped> frames_of(const Talk& talk) {
  std::vector<Stamped> frames;
  Time now = std::chrono::seconds(1'700'000'000);
  for (const Sent& s : talk.log) frames.push_back({now += std::chrono::milliseconds(1), s.tcp.bytes()});
  return frames;
}

Shadow receive(const std::vector<Stamped>& frames, Way way, const ShadowOptions& options) {
  Folder folder;
  write_capture(folder.path("x.pcapng"), frames);
  const Trace trace = Trace::read({folder.path("x.pcapng")});
  EXPECT_EQ(trace.damage(), "");
  return shadow_receive(trace, flows_of(trace), way, 5003, options);
}

// What a receiver of this way makes of the log, every segment arriving as it was sent (or as the test edited it).
Shadow receive(const Talk& talk, Way way = Way::c2s, bool verify = true) {
  return receive(frames_of(talk), way, {.verify = verify});
}

Raw stream(const Shadow& s) { return {s.stream().begin(), s.stream().end()}; }

TEST(Shadow, WholeTransferBothWays) {
  for (const bool checksum : {false, true}) {
    const Talk t = Talk::transfer(5500, 3000, checksum);
    for (const Way way : kWays) {
      const Shadow s = receive(t, way);
      EXPECT_TRUE(s.mptcp);
      EXPECT_EQ(s.checksum, checksum);
      EXPECT_EQ(stream(s), coded(0, way == Way::c2s ? 5500 : 3000, way));
      EXPECT_EQ(s.end, way == Way::c2s ? 5500 : 3000);
      EXPECT_EQ(s.unmapped, 0u);
      EXPECT_TRUE(s.failures.empty());
      EXPECT_FALSE(s.fallback);
    }
  }
}

TEST(Shadow, PlainTcp) {
  const Shadow s = receive(Talk::plain(2500, 0, 5003));
  EXPECT_FALSE(s.mptcp);
  EXPECT_EQ(s.plain, "no MP_CAPABLE in the SYN");
  EXPECT_EQ(stream(s), coded(0, 2500));
}

TEST(Shadow, NothingAtThePort) { EXPECT_FALSE(receive(Talk::plain(100, 0, 5002)).found); }

TEST(Shadow, SplitWithOptionsOnTheFirstOrTheLastPiece) {
  for (const bool first : {true, false}) {
    Talk t;
    t.handshake().data(Way::c2s, 0, 1000).data(Way::c2s, 1000, 1000);
    Sent a = t.log.back(), b = a;
    t.log.pop_back();
    a.tcp.payload.resize(400);
    b.tcp.payload.erase(b.tcp.payload.begin(), b.tcp.payload.begin() + 400);
    b.tcp.seq += 400;
    (first ? b : a).tcp.options.clear();
    t.log.push_back(a);
    t.log.push_back(b);
    const Shadow s = receive(t);
    EXPECT_EQ(stream(s), coded(0, 2000)) << first;
    EXPECT_EQ(s.unmapped, 0u);
  }
}

TEST(Shadow, LastPieceCarriesTheFirstMapping) {
  // Options only on the last piece of the very first data: data without an option before any mapping came is fallback
  // (3.7).
  Talk t;
  t.handshake().data(Way::c2s, 0, 1000);
  Sent a = t.log.back(), b = a;
  t.log.pop_back();
  a.tcp.payload.resize(400);
  a.tcp.options.clear();
  b.tcp.payload.erase(b.tcp.payload.begin(), b.tcp.payload.begin() + 400);
  b.tcp.seq += 400;
  t.log.push_back(a);
  t.log.push_back(b);
  const Shadow s = receive(t);
  EXPECT_EQ(s.fallback, 0);
  EXPECT_EQ(stream(s), coded(0, 1000));
}

TEST(Shadow, CoalescedAcrossMappingsDeliversOnlyWhatIsMapped) {
  Talk t;
  t.handshake().data(Way::c2s, 0, 1000).data(Way::c2s, 1000, 1000).data(Way::c2s, 2000, 1000);
  const Tcp third = t.log.back().tcp;
  t.log.pop_back();
  t.log.back().tcp.payload = t.log.back().tcp.payload + third.payload;  // options of the second stay
  t.data(Way::c2s, 3000, 500);
  const Shadow s = receive(t);
  EXPECT_EQ(stream(s), coded(0, 2000));
  EXPECT_EQ(s.unmapped, 1000u);
  t.data(Way::c2s, 2000, 1000);  // mapped again, on new subflow bytes
  EXPECT_EQ(stream(receive(t)), coded(0, 3500));
}

TEST(Shadow, FirstCopyWins) {
  Talk t;
  t.handshake().data(Way::c2s, 0, 1000);
  Tcp other = t.log.back().tcp;
  other.payload[10] ^= 0x20;
  t.log.push_back({Way::c2s, other});
  EXPECT_EQ(stream(receive(t)), coded(0, 1000));
}

// RFC 9293 3.1: such a segment is dropped, its bytes and its options with it.
TEST(Shadow, WhatFailsItsTcpChecksumIsNotTaken) {
  for (const bool mptcp : {true, false}) {
    Talk t;
    if (mptcp)
      t.handshake().data(Way::c2s, 0, 1000).data(Way::c2s, 1000, 1000);
    else
      t.plain_handshake().unmapped(Way::c2s, 0, 1000).unmapped(Way::c2s, 1000, 1000);
    Sent damaged = t.log.back();
    damaged.tcp.payload[500] ^= 0x20;
    damaged.tcp.break_checksum = true;
    t.log.insert(t.log.end() - 1, damaged);
    EXPECT_EQ(stream(receive(t)), coded(0, 2000)) << mptcp;
  }
}

TEST(Shadow, WhatFailsItsIpChecksumIsNotTaken) {
  Talk t;
  t.handshake().data(Way::c2s, 0, 1000);
  std::vector<Stamped> frames = frames_of(t);
  frames.back().bytes[10] ^= 1;
  EXPECT_TRUE(stream(receive(frames, Way::c2s, {})).empty());
}

// A host that leaves the sum to its card puts the pseudo-header's there, and its captures show that.
TEST(Shadow, AChecksumLeftToTheCardIsTaken) {
  Talk t;
  t.handshake().data(Way::c2s, 0, 1000);
  std::vector<Stamped> frames = frames_of(t);
  Raw& b = frames.back().bytes;
  uint32_t sum = 6 + static_cast<uint32_t>(b.size()) - 20;
  for (size_t i = 12; i < 20; i += 2) sum += load16(&b[i]);
  store16(&b[36], static_cast<uint16_t>((sum & 0xffff) + (sum >> 16)));
  EXPECT_EQ(stream(receive(frames, Way::c2s, {})), coded(0, 1000));
}

// RFC 9293 3.10.7.4: outside the window nothing counts, at neither end.
TEST(Shadow, ABlindResetEndsNothing) {
  for (const bool at_receiver : {true, false}) {
    Talk t;
    t.handshake().data(Way::c2s, 0, 1000).acks(Way::s2c);
    t.reset(at_receiver ? Way::c2s : Way::s2c, 0, std::nullopt);
    t.log.back().tcp.seq += 0x7f000000;
    t.data(Way::c2s, 1000, 1000);
    const Shadow s = receive(frames_of(t), Way::c2s, {.at_receiver = at_receiver});
    EXPECT_EQ(stream(s), coded(0, 2000)) << at_receiver;
  }
}

TEST(Shadow, ABlindInfiniteMappingIsNoFallback) {
  Talk t;
  t.handshake().data(Way::c2s, 0, 1000).acks(Way::s2c).infinite(Way::c2s, 1000, 500);
  t.log.back().tcp.seq += 0x7f000000;
  const Shadow s = receive(t);
  EXPECT_FALSE(s.fallback);
  EXPECT_EQ(stream(s), coded(0, 1000));
}

TEST(Shadow, RetransmissionFillsAHole) {
  Talk t;
  t.handshake().data(Way::c2s, 0, 1000).data(Way::c2s, 1000, 1000).data(Way::c2s, 2000, 1000);
  std::swap(t.log[t.log.size() - 1], t.log[t.log.size() - 2]);
  EXPECT_EQ(stream(receive(t)), coded(0, 3000));
}

TEST(Shadow, ChecksumFailureOnTheOnlySubflowFallsBack) {
  Talk t(true);
  t.handshake().data(Way::c2s, 0, 1000).data(Way::c2s, 1000, 1000);
  t.log.back().tcp.payload[5] ^= 1;
  Raw edited = coded(0, 1000) + t.log.back().tcp.payload;
  MpFail fail;
  fail.dsn = idsn_of(Talk::kClientKey) + 1 + 1000;
  t.option_on_ack(Way::s2c, fail).infinite(Way::c2s, 2000, 500).unmapped(Way::c2s, 2500, 500);
  const Shadow s = receive(t);
  ASSERT_EQ(s.failures.size(), 1u);
  EXPECT_EQ(s.failures[0].offset, 1000);
  EXPECT_EQ(s.failures[0].length, 1000u);
  EXPECT_FALSE(s.failures[0].subflow_ended);
  EXPECT_EQ(s.fallback, 1000);
  EXPECT_EQ(stream(s), edited + coded(2000, 1000));
  EXPECT_EQ(stream(receive(t, Way::c2s, false)), edited + coded(2000, 1000)) << "without looking at checksums";
}

TEST(Shadow, ChecksumFailureOnOneOfTwoEndsThatSubflow) {
  Talk t(true);
  t.handshake().data(Way::c2s, 0, 1000).join().data(Way::c2s, 1000, 1000, 1);
  t.log.back().tcp.payload[5] ^= 1;
  t.reset(Way::s2c, 1, 6).data(Way::c2s, 1000, 1000, 0);  // reinjected on the first
  const Shadow s = receive(t);
  ASSERT_EQ(s.failures.size(), 1u);
  EXPECT_TRUE(s.failures[0].subflow_ended);
  EXPECT_FALSE(s.fallback);
  EXPECT_EQ(stream(s), coded(0, 2000));
}

TEST(Shadow, ReinjectionOnTheSecondSubflowDeliversOnce) {
  Talk t;
  t.handshake()
      .data(Way::c2s, 0, 1000)
      .join()
      .data(Way::c2s, 1000, 1000, 1)
      .data(Way::c2s, 1000, 1000, 0)
      .data(Way::c2s, 2000, 500, 1);
  const Shadow s = receive(t);
  EXPECT_EQ(stream(s), coded(0, 2500));
  EXPECT_EQ(s.mapped, 2500u);
  EXPECT_EQ(s.subflows, 2u);
}

TEST(Shadow, JoinWithAWrongHmacDeliversNothing) {
  Talk t;
  t.handshake().data(Way::c2s, 0, 1000).join(false).data(Way::c2s, 1000, 1000, 1);
  EXPECT_EQ(stream(receive(t)), coded(0, 1000));
}

TEST(Shadow, OptionsThatStopMidConnectionStopDelivery) {
  Talk t;
  t.handshake().data(Way::c2s, 0, 1000).acks(Way::s2c).unmapped(Way::c2s, 1000, 1000);
  const Shadow s = receive(t);
  EXPECT_EQ(stream(s), coded(0, 1000));
  EXPECT_EQ(s.unmapped, 1000u);
  EXPECT_FALSE(s.fallback) << "rule 4 of 3.7 knows a RST, no fallback";
}

TEST(Shadow, InfiniteMappingWithoutFailure) {
  Talk t;
  t.handshake().infinite(Way::c2s, 0, 1000).unmapped(Way::c2s, 1000, 700);
  const Shadow s = receive(t);
  EXPECT_EQ(s.fallback, 0);
  EXPECT_EQ(stream(s), coded(0, 1700));
}

TEST(Shadow, WrongKeyInTheThirdAckMeansOtherNumbers) {
  // The mapping's numbers lie nowhere near the stream that the altered key names: dropped (3.8), nothing delivered.
  Talk t;
  t.handshake().data(Way::c2s, 0, 1000);
  t.log[2].tcp.options[4] ^= 0x80;
  const Shadow s = receive(t);
  EXPECT_EQ(stream(s).size(), 0u);
  EXPECT_GE(s.outside, 1u);
}

TEST(Shadow, LimitIsKept) {
  const Talk t = Talk::transfer(5000, 0);
  const Shadow s = receive(frames_of(t), Way::c2s, {.limit = 2000});
  EXPECT_LE(s.stream().size(), 2000u);
}

}  // namespace
}  // namespace gauntlet::test
