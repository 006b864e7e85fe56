// Ends of connections: FIN both ways (RFC 9293 3.6), RST and what is forged (RFC 9293 3.5.3, RFC 5961).
#include "script.hh"

namespace gauntlet {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_F(Script, ActiveClose) {
  established();
  write("bye");
  EXPECT_EQ(close(), Lines{"< F. 4:5 ack 1 win 10000"});
  EXPECT_EQ(tcp_->state(), TcpState::fin_wait_1);
  in("> . 1:1 ack 4 win 10000");
  EXPECT_EQ(tcp_->state(), TcpState::fin_wait_1);
  in("> . 1:1 ack 5 win 10000");
  EXPECT_EQ(tcp_->state(), TcpState::fin_wait_2);
  EXPECT_EQ(in("> P. 1:3 ack 5 win 10000 \"ok\""), Lines{"< . 5:5 ack 3 win 9998"});  // half closed
  EXPECT_EQ(in("> F. 3:4 ack 5 win 10000"), Lines{"< . 5:5 ack 4 win 9997"});
  EXPECT_EQ(tcp_->state(), TcpState::time_wait);
  EXPECT_EQ(read(), "ok");
  at(milliseconds(900));
  EXPECT_EQ(in("> F. 3:4 ack 5 win 10000"), Lines{"< . 5:5 ack 4 win 9997"});  // our last ACK was lost
  at(milliseconds(1800));
  EXPECT_EQ(tcp_->state(), TcpState::time_wait);  // it began anew
  at(milliseconds(1900));
  EXPECT_EQ(tcp_->state(), TcpState::closed);
  EXPECT_EQ(tcp_->error(), TcpError::none);
}

TEST_F(Script, PassiveClose) {
  established();
  EXPECT_EQ(in("> PF. 1:5 ack 1 win 10000 \"end\""), Lines{"< . 1:1 ack 5 win 9996"});
  EXPECT_EQ(tcp_->state(), TcpState::close_wait);
  EXPECT_EQ(write("x"), Lines{"< P. 1:2 ack 5 win 9996 \"x\""});
  EXPECT_EQ(close(), Lines{"< F. 2:3 ack 5 win 9996"});
  EXPECT_EQ(tcp_->state(), TcpState::last_ack);
  in("> . 5:5 ack 2 win 10000");
  EXPECT_EQ(tcp_->state(), TcpState::last_ack);
  in("> . 5:5 ack 3 win 10000");
  EXPECT_EQ(tcp_->state(), TcpState::closed);
  EXPECT_EQ(tcp_->error(), TcpError::none);
}

TEST_F(Script, SimultaneousClose) {
  established();
  EXPECT_EQ(close(), Lines{"< F. 1:2 ack 1 win 10000"});
  EXPECT_EQ(in("> F. 1:2 ack 1 win 10000"), Lines{"< . 2:2 ack 2 win 9999"});
  EXPECT_EQ(tcp_->state(), TcpState::closing);
  EXPECT_EQ(in("> . 2:2 ack 2 win 10000"), Lines{});
  EXPECT_EQ(tcp_->state(), TcpState::time_wait);
}

TEST_F(Script, FinIsSentAgain) {
  established();
  close();
  EXPECT_EQ(at(milliseconds(200)), Lines{"< F. 1:2 ack 1 win 10000"});
}

TEST_F(Script, FinBehindAHoleWaits) {
  established();
  in("> PF. 3:6 ack 1 win 10000 \"cd\"");
  EXPECT_EQ(tcp_->state(), TcpState::established);
  EXPECT_EQ(in("> . 1:3 ack 1 win 10000 \"ab\""), Lines{"< . 1:1 ack 6 win 9995"});
  EXPECT_EQ(tcp_->state(), TcpState::close_wait);
  EXPECT_EQ(read(), "abcd");
}

TEST_F(Script, ResetCountsOnlyAtTheExactNumber) {  // RFC 5961 3.2
  established();
  EXPECT_EQ(in("> R 0:0"), Lines{});                           // left of the window: nothing
  EXPECT_EQ(in("> R 20000:20000"), Lines{});                   // right of it
  EXPECT_EQ(in("> R 2:2"), Lines{"< . 1:1 ack 1 win 10000"});  // inside: challenged
  EXPECT_EQ(tcp_->state(), TcpState::established);
  EXPECT_EQ(in("> R 1:1"), Lines{});
  EXPECT_EQ(tcp_->error(), TcpError::reset);
}

TEST_F(Script, SynInsideIsChallenged) {  // RFC 5961 4.2
  established();
  EXPECT_EQ(in("> S 5:6"), Lines{"< . 1:1 ack 1 win 10000"});
  EXPECT_EQ(in("> S 30000:30001"), Lines{"< . 1:1 ack 1 win 10000"});
  EXPECT_EQ(tcp_->state(), TcpState::established);
}

TEST_F(Script, AcknowledgementsOutsideAreChallenged) {  // RFC 5961 5.2
  established();
  EXPECT_EQ(in("> P. 1:3 ack 2 win 10000 \"hi\""), Lines{"< . 1:1 ack 1 win 10000"});  // nothing was sent yet
  EXPECT_EQ(in("> P. 1:3 ack -10001 win 10000 \"hi\""), Lines{"< . 1:1 ack 1 win 10000"});
  EXPECT_EQ(in("> P. 1:3 ack -9999 win 10000 \"hi\""), Lines{"< . 1:1 ack 3 win 9998"});  // MAX.SND.WND is 10000
  EXPECT_EQ(in("> P 3:5 \"no\""), Lines{});                                               // without ACK: dropped
}

TEST_F(Script, ChallengesAreLimited) {  // RFC 5961 7
  established();
  size_t answers = 0;
  for (int i = 0; i < 1000; ++i) answers += in("> R 2:2").size();
  EXPECT_EQ(answers, 10u);
}

TEST_F(Script, AbortSendsReset) {
  established();
  write("hi");
  tcp_->abort(now_);
  EXPECT_EQ(taken(), Lines{"< R. 3:3 ack 1 win 0"});
  EXPECT_EQ(tcp_->error(), TcpError::aborted);
  EXPECT_FALSE(tcp_->next_tick());
}

// Lost SYNs, SYN/ACKs, third ACKs; both close at the same time: in the end both are closed and all has arrived.
TEST(Close, HandshakeLossAndSimultaneousClose) {
  for (const size_t near : {0, 1, 2, 3}) {
    for (const size_t far : {0, 1, 2, 3}) {
      const TcpPair pair = client_pair(false);
      World w({.pair = pair, .isn = 5}, {.pair = pair.swapped(), .isn = 9}, 1);
      w.near.lose_first = near;
      w.far.lose_first = far;
      Rng rng(near * 4 + far);
      w.client.to_send = stream_bytes(rng, 3000);
      w.server.to_send = stream_bytes(rng, 3000);
      w.start();
      ASSERT_TRUE(w.run(seconds(200))) << near << " " << far;
      EXPECT_EQ(w.client.got, w.server.to_send);
      EXPECT_EQ(w.server.got, w.client.to_send);
      EXPECT_EQ(w.client.tcp.error(), TcpError::none);
    }
  }
}

}  // namespace
}  // namespace gauntlet
