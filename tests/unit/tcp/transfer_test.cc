// Segments, windows and loss, step by step. Initial sequence numbers wrap on the way (notation/notation.hh).
#include "script.hh"

namespace gauntlet {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TcpConfig with_sack(TcpConfig c) {
  c.sack = true;
  return c;
}

TEST_F(Script, HolesAreReportedLatestFirst) {  // RFC 2018 4
  established(with_sack(plain(false)), "<mss 1000, nop*2, sackOK>");
  EXPECT_EQ(in("> . 11:21 ack 1 win 10000"), Lines{"< . 1:1 ack 1 win 10000 <nop*2, sack 11:21>"});
  EXPECT_EQ(in("> . 31:41 ack 1 win 10000"), Lines{"< . 1:1 ack 1 win 10000 <nop*2, sack 31:41 11:21>"});
  EXPECT_EQ(in("> . 51:61 ack 1 win 10000"), Lines{"< . 1:1 ack 1 win 10000 <nop*2, sack 51:61 31:41 11:21>"});
  EXPECT_EQ(in("> . 21:25 ack 1 win 10000"), Lines{"< . 1:1 ack 1 win 10000 <nop*2, sack 11:25 51:61 31:41>"});
  EXPECT_EQ(in("> . 1:11 ack 1 win 10000"), Lines{"< . 1:1 ack 25 win 9976 <nop*2, sack 51:61 31:41>"});
  EXPECT_EQ(in("> . 25:51 ack 1 win 10000"), Lines{"< . 1:1 ack 61 win 9940"});
}

TEST_F(Script, TheFirstCopyWins) {
  established();
  in("> P. 4:7 ack 1 win 10000 \"def\"");
  in("> P. 1:9 ack 1 win 10000 \"abcXYZgh\"");
  in("> P. 1:4 ack 1 win 10000 \"...\"");
  EXPECT_EQ(read(), "abcdefgh");
}

TEST_F(Script, SackedSegmentsAreNotSentAgain) {
  TcpConfig c = with_sack(plain(false));
  established(c, "<mss 100, nop*2, sackOK>");
  EXPECT_EQ(write(std::string(600, 'a')).size(), 6u);
  in("> . 1:1 ack 1 win 10000 <nop*2, sack 101:201>");
  EXPECT_EQ(in("> . 1:1 ack 1 win 10000 <nop*2, sack 101:201 401:501>"), Lines{});
  // Three segments above the first: it is lost (RFC 6675 IsLost, DupThresh 3).
  EXPECT_EQ(in("> . 1:1 ack 1 win 10000 <nop*2, sack 101:201 401:601>"), Lines{"< . 1:101 ack 1 win 10000 \"a\"*100"});
  EXPECT_EQ(in("> . 1:1 ack 201 win 10000 <nop*2, sack 401:601>"), Lines{});
  // 201:401 is not lost yet: only two segments above. Then the timer.
  const Lines again = at(*tcp_->next_tick());
  EXPECT_EQ(again, Lines{"< . 201:301 ack 1 win 10000 \"a\"*100"});
}

TEST_F(Script, ThreeDuplicatesMakeAFastRetransmit) {  // RFC 5681 3.2
  established(plain(false), "<mss 100>");
  EXPECT_EQ(write(std::string(500, 'a')).size(), 5u);
  EXPECT_EQ(in("> . 1:1 ack 1 win 10000"), Lines{});
  EXPECT_EQ(in("> . 1:1 ack 1 win 10000"), Lines{});
  EXPECT_EQ(in("> . 1:1 ack 1 win 10000"), Lines{"< . 1:101 ack 1 win 10000 \"a\"*100"});
  // A partial acknowledgement shows the next hole (RFC 6582).
  EXPECT_EQ(in("> . 1:1 ack 201 win 10000"), Lines{"< . 201:301 ack 1 win 10000 \"a\"*100"});
  EXPECT_EQ(in("> . 1:1 ack 501 win 10000"), Lines{});
}

TEST_F(Script, AnotherWindowIsNoDuplicate) {
  established(plain(false), "<mss 100>");
  write(std::string(500, 'a'));
  for (const char* win : {"9999", "9998", "9997", "9996"}) {
    EXPECT_EQ(in(std::string("> . 1:1 ack 1 win ") + win), Lines{});
  }
}

TEST_F(Script, TimeoutDoublesAndStartsWithOneSegment) {  // RFC 6298 5
  established(plain(false), "<mss 100>");
  write(std::string(300, 'a'));
  EXPECT_EQ(*tcp_->next_tick(), milliseconds(200));  // the handshake took no time: the least timeout
  EXPECT_EQ(at(milliseconds(200)), Lines{"< . 1:101 ack 1 win 10000 \"a\"*100"});
  EXPECT_EQ(*tcp_->next_tick(), milliseconds(600));
  EXPECT_EQ(at(milliseconds(600)), Lines{"< . 1:101 ack 1 win 10000 \"a\"*100"});
  EXPECT_EQ(in("> . 1:1 ack 101 win 10000").size(), 2u);  // slow start
}

TEST_F(Script, GivesUp) {
  TcpConfig c = plain(false);
  c.retries = 2;
  established(c);
  write("x");
  at(milliseconds(200));
  at(milliseconds(600));
  at(milliseconds(1400));
  EXPECT_EQ(tcp_->error(), TcpError::timed_out);
}

TEST_F(Script, ZeroWindowIsProbedUntilItOpens) {  // RFC 9293 3.8.6.1
  TcpConfig c = plain(false);
  c.retries = 2;
  established(c, "<mss 100>");
  in("> . 1:1 ack 1 win 0");
  EXPECT_EQ(write("hello"), Lines{});
  for (int i = 0; i < 6; ++i) {  // more often than retries: the peer is alive
    EXPECT_EQ(at(*tcp_->next_tick()), Lines{"< P. 1:2 ack 1 win 10000 \"h\""});
    in("> . 1:1 ack 1 win 0");
  }
  EXPECT_EQ(in("> . 1:1 ack 2 win 0"), Lines{});  // it took the byte
  EXPECT_EQ(in("> . 1:1 ack 2 win 100"), Lines{"< P. 2:6 ack 1 win 10000 \"ello\""});
}

TEST_F(Script, AFullReceiverSaysSoAndThenThatItIsNot) {
  TcpConfig c = plain(false);
  c.receive_buffer = 2000;
  established(c);
  EXPECT_EQ(in("> . 1:1001 ack 1 win 10000"), Lines{"< . 1:1 ack 1001 win 1000"});
  EXPECT_EQ(in("> . 1001:2001 ack 1 win 10000"), Lines{"< . 1:1 ack 2001 win 0"});
  EXPECT_EQ(in("> . 2001:2002 ack 1 win 10000"), Lines{"< . 1:1 ack 2001 win 0"});  // a probe, refused
  read(999);
  EXPECT_EQ(taken(), Lines{});  // not worth it yet: RFC 9293 3.8.6.2.2
  read(1);
  EXPECT_EQ(taken(), Lines{"< . 1:1 ack 2001 win 1000"});
}

TEST_F(Script, DelayedAcknowledgement) {  // RFC 9293 3.8.6.3
  TcpConfig c = plain(false);
  c.delayed_ack = milliseconds(40);
  established(c);
  EXPECT_EQ(in("> . 1:101 ack 1 win 10000"), Lines{});
  EXPECT_EQ(at(milliseconds(40)), Lines{"< . 1:1 ack 101 win 9900"});
  EXPECT_EQ(in("> . 101:201 ack 1 win 10000"), Lines{});
  EXPECT_EQ(in("> . 201:301 ack 1 win 10000"), Lines{"< . 1:1 ack 301 win 9700"});  // every second
  EXPECT_EQ(in("> . 401:501 ack 1 win 10000"), Lines{"< . 1:1 ack 301 win 9700"});  // a hole: at once
}

TEST_F(Script, OldTimestampsAreRefused) {  // PAWS, RFC 7323 5
  TcpConfig c = plain(false);
  c.timestamps = true;
  be_server(c);
  in("> S 0:1 win 1000 <mss 1000, nop*2, ts 100 0>");
  in("> . 1:1 ack 1 win 1000 <nop*2, ts 100 0>");
  EXPECT_EQ(in("> P. 1:3 ack 1 win 1000 <nop*2, ts 99 0> \"xx\""), Lines{"< . 1:1 ack 1 win 10000 <nop*2, ts 0 100>"});
  EXPECT_EQ(in("> P. 1:3 ack 1 win 1000 <nop*2, ts 101 0> \"hi\""), Lines{"< . 1:1 ack 3 win 9998 <nop*2, ts 0 101>"});
  // Out of order: the echo stays that of the segment that advanced the window (RFC 7323 4.3).
  EXPECT_EQ(in("> P. 5:7 ack 1 win 1000 <nop*2, ts 105 0> \"hi\""), Lines{"< . 1:1 ack 3 win 9998 <nop*2, ts 0 101>"});
}

}  // namespace
}  // namespace gauntlet
