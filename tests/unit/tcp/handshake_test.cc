// Opening a connection (RFC 9293 3.5, 3.10.7; RFC 7323 for what the SYNs agree on).
#include "script.hh"

namespace gauntlet {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_F(Script, ActiveOpen) {
  EXPECT_EQ(be_client(), Lines{"> S 0:1 win 10000 <mss 1460>"});
  EXPECT_EQ(in("< S. 0:1 ack 1 win 1000 <mss 1000>"), Lines{"> . 1:1 ack 1 win 10000"});
  EXPECT_EQ(write("hello"), Lines{"> P. 1:6 ack 1 win 10000 \"hello\""});
}

TEST_F(Script, PassiveOpen) {
  be_server();
  EXPECT_EQ(in("> S 0:1 win 1000 <mss 1000>"), Lines{"< S. 0:1 ack 1 win 10000 <mss 1460>"});
  EXPECT_EQ(in("> . 1:1 ack 1 win 1000"), Lines{});
  EXPECT_EQ(tcp_->state(), TcpState::established);
}

TEST_F(Script, SynIsRepeatedWithBackOffAndGivenUp) {
  TcpConfig c = plain(true);
  c.syn_retries = 2;
  be_client(c);
  EXPECT_EQ(at(milliseconds(999)), Lines{});
  EXPECT_EQ(at(seconds(1)), Lines{"> S 0:1 win 10000 <mss 1460>"});
  EXPECT_EQ(at(seconds(2)), Lines{});
  EXPECT_EQ(at(seconds(3)), Lines{"> S 0:1 win 10000 <mss 1460>"});
  EXPECT_EQ(at(seconds(7)), Lines{});
  EXPECT_EQ(tcp_->state(), TcpState::closed);
  EXPECT_EQ(tcp_->error(), TcpError::timed_out);
}

TEST_F(Script, SynackIsRepeatedByTimerAndBySyn) {
  be_server();
  in("> S 0:1 win 1000 <mss 1000>");
  EXPECT_EQ(at(seconds(1)), Lines{"< S. 0:1 ack 1 win 10000 <mss 1460>"});
  EXPECT_EQ(in("> S 0:1 win 1000 <mss 1000>"), Lines{"< S. 0:1 ack 1 win 10000 <mss 1460>"});
  EXPECT_EQ(in("> P. 1:3 ack 1 win 1000 \"hi\""), Lines{"< . 1:1 ack 3 win 9998"});  // the third ACK was lost
  EXPECT_EQ(read(), "hi");
}

TEST_F(Script, SimultaneousOpen) {
  be_client();
  EXPECT_EQ(in("< S 0:1 win 1000 <mss 1000>"), Lines{"> S. 0:1 ack 1 win 10000 <mss 1460>"});
  EXPECT_EQ(in("< S. 0:1 ack 1 win 1000 <mss 1000>"), Lines{"> . 1:1 ack 1 win 10000"});
  EXPECT_EQ(in("< . 1:1 ack 1 win 1000"), Lines{});
  EXPECT_EQ(tcp_->state(), TcpState::established);
}

TEST_F(Script, OptionsBothWantAreUsed) {
  TcpConfig c = plain(false);
  c.wscale = 3;
  c.sack = c.timestamps = true;
  c.receive_buffer = 80000;
  c.timestamp_offset = 500;
  be_server(c);
  at(milliseconds(7));
  EXPECT_EQ(in("> S 0:1 win 1000 <mss 1000, sackOK, ts 70 0, nop, wscale 2>"),
            Lines{"< S. 0:1 ack 1 win 65535 <mss 1460, sackOK, ts 507 70, nop, wscale 3>"});
  in("> . 1:1 ack 1 win 1000 <nop*2, ts 71 507>");
  EXPECT_EQ(tcp_->sender().window(), 4000);  // from the third ACK on it is scaled
  EXPECT_EQ(write("x"), Lines{"< P. 1:2 ack 1 win 10000 <nop*2, ts 507 71> \"x\""});
}

TEST_F(Script, OptionsThePeerDoesNotOfferAreNotUsed) {
  TcpConfig c = plain(false);
  c.wscale = 3;
  c.sack = c.timestamps = true;
  be_server(c);
  EXPECT_EQ(in("> S 0:1 win 1000"), Lines{"< S. 0:1 ack 1 win 10000 <mss 1460>"});
  in("> . 1:1 ack 1 win 1000");
  // No MSS offered: 536 (RFC 9293 3.7.1).
  EXPECT_EQ(write(std::string(600, 'a')),
            (Lines{"< . 1:537 ack 1 win 10000 \"a\"*536", "< P. 537:601 ack 1 win 10000 \"a\"*64"}));
}

TEST_F(Script, UnknownAndMalformedOptionsAreIgnored) {
  be_server();
  EXPECT_EQ(in("> S 0:1 win 1000 <mss 1000, opt 253 0x0102, mpc v1 nokey>"),
            Lines{"< S. 0:1 ack 1 win 10000 <mss 1460>"});
  EXPECT_EQ(in("> P. 1:3 ack 1 win 1000 <raw 0x1e28aaaa> \"hi\""), Lines{"< . 1:1 ack 3 win 9998"});
}

TEST_F(Script, DataOnSynIsLeftUnacknowledged) {
  be_server();
  EXPECT_EQ(in("> S 0:6 win 1000 <mss 1000>"), Lines{"< S. 0:1 ack 1 win 10000 <mss 1460>"});
}

TEST_F(Script, ExtraOptionsGoOnEverySegmentAndDataStaysInsideTheMss) {
  TcpConfig c = plain(true);
  c.mss = 100;
  c.extra_room = 8;
  c.extra_options = [](const TcpOutgoing& o, size_t room) {
    std::vector<uint8_t> bytes{
        253, 6, o.flags, static_cast<uint8_t>(o.at), static_cast<uint8_t>(o.size), static_cast<uint8_t>(room)};
    return bytes;
  };
  EXPECT_EQ(be_client(c), Lines{"> S 0:1 win 10000 <mss 100, opt 253 0x02000024, nop*2>"});
  EXPECT_EQ(in("< S. 0:1 ack 1 win 1000 <mss 1000>"), Lines{"> . 1:1 ack 1 win 10000 <opt 253 0x10010028, nop*2>"});
  EXPECT_EQ(write(std::string(93, 'a')), (Lines{"> . 1:93 ack 1 win 10000 <opt 253 0x10015c28, nop*2> \"a\"*92",
                                                "> P. 93:94 ack 1 win 10000 <opt 253 0x185d0128, nop*2> \"a\""}));
}

TEST_F(Script, WrongAcknowledgementInHandshake) {
  be_client();
  EXPECT_EQ(in("< S. 0:1 ack 2 win 1000"), Lines{"> R 2:2 win 0"});
  EXPECT_EQ(tcp_->state(), TcpState::syn_sent);
  EXPECT_EQ(in("< R. 0:0 ack 2"), Lines{});  // not for this SYN
  EXPECT_EQ(tcp_->state(), TcpState::syn_sent);
  EXPECT_EQ(in("< R. 0:0 ack 1"), Lines{});
  EXPECT_EQ(tcp_->error(), TcpError::refused);
}

TEST_F(Script, NoConnectionIsAnsweredWithReset) {  // RFC 9293 3.5.2
  be_client();
  in("< R. 0:0 ack 1");
  EXPECT_EQ(in("< . 5:5 ack 9"), Lines{"> R 9:9 win 0"});
  EXPECT_EQ(in("< P 5:9"), Lines{"> R. 256:256 ack 9 win 0"});  // absolute 0
  EXPECT_EQ(in("< R 5:5"), Lines{});
  be_server();
  EXPECT_EQ(in("> . 5:5 ack 9"), Lines{"< R 9:9 win 0"});
  EXPECT_EQ(tcp_->state(), TcpState::listen);
}

TEST_F(Script, DamagedAndForeignSegmentsAreIgnored) {
  be_server();
  EXPECT_EQ(in("> S 0:1 {csum=+1}"), Lines{});
  EXPECT_EQ(in("> #2 S 0:1"), Lines{});
  EXPECT_EQ(in("> udp 5"), Lines{});
  EXPECT_EQ(tcp_->state(), TcpState::listen);
}

}  // namespace
}  // namespace gauntlet
