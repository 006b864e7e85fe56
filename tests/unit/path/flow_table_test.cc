#include "path/flow_table.hh"

#include <gtest/gtest.h>

#include "mptcp/crypto.hh"
#include "notation/notation.hh"

namespace gauntlet {
namespace {

class FlowTableTest : public testing::Test {
 protected:
  Seen see(std::string_view line, bool ipv6 = false) {
    const notation::Line l = notation::parse(line, ipv6);
    return table_.see(l.packet.bytes(), l.toward, Time(0));
  }
  std::string classes(std::string_view line) { return names_of(see(line).classes); }

  FlowTable table_;
};

TEST_F(FlowTableTest, ClassesOfAConnection) {
  EXPECT_EQ(classes("> S 0:1 <mss 1460, mpc v1 nokey>"), "syn+any+mpc");
  EXPECT_EQ(classes("< S. 0:1 ack 1 <mss 1460, mpc v1 key 7>"), "synack+any+mpc");
  EXPECT_EQ(classes("> . 1:1 ack 1 <mpc v1 key 8 peer 7>"), "ack3+ack+nonsyn+any+mpc");
  EXPECT_EQ(classes("> . 1:1 ack 1"), "ack+nonsyn+any") << "only the first is the third ACK";
  EXPECT_EQ(classes("> P. 1:101 ack 1 <dss dack4 5 dsn4 9 ssn 1 len 100, nop*2>"), "data+nonsyn+any+dss");
  EXPECT_EQ(classes("< . 1:1 ack 101"), "ack+nonsyn+any") << "the server's first ACK completes nothing";
  EXPECT_EQ(classes("> PF. 101:111 ack 1"), "data+fin+nonsyn+any");
  EXPECT_EQ(classes("< F. 1:2 ack 111"), "fin+nonsyn+any");
  EXPECT_EQ(classes("> R 111:111 <tcprst flags 0 reason 6>"), "rst+nonsyn+any+tcprst");
}

TEST_F(FlowTableTest, EverySubtypeIsAClass) {
  EXPECT_EQ(classes("> . 1:1 ack 1 <join ack hmac 0x0102030405060708090a0b0c0d0e0f1011121314>"), "ack+nonsyn+any+join");
  EXPECT_EQ(classes("> . 1:1 ack 1 <add id 3 192.0.2.9 hmac 0x12>"), "ack+nonsyn+any+add");
  EXPECT_EQ(classes("> . 1:1 ack 1 <rm id 3>"), "ack+nonsyn+any+rm");
  EXPECT_EQ(classes("> . 1:1 ack 1 <prio, nop, prio, nop>"), "ack+nonsyn+any+prio");
  EXPECT_EQ(classes("> . 1:1 ack 1 <fail dsn 4>"), "ack+nonsyn+any+fail");
  EXPECT_EQ(classes("> . 1:1 ack 1 <fclose key 4>"), "ack+nonsyn+any+fclose");
  EXPECT_EQ(classes("> . 1:1 ack 1 <eol, raw 0x1e0c20>"), "ack+nonsyn+any") << "behind EOL there is nothing";
}

TEST_F(FlowTableTest, AThirdPacketWithDataIsNoAck3) {
  see("> S 0:1");
  see("< S. 0:1 ack 1");
  EXPECT_EQ(classes("> P. 1:11 ack 1"), "data+nonsyn+any");
  EXPECT_EQ(classes("> . 11:11 ack 1"), "ack+nonsyn+any");
}

TEST_F(FlowTableTest, FactsAndRoles) {
  const Seen syn = see("> S 0:1 <mpc v1 nokey>");
  EXPECT_EQ(syn.role, Role::capable);
  EXPECT_TRUE(syn.facts->isn_known[0]);
  EXPECT_FALSE(syn.facts->isn_known[1]);
  EXPECT_EQ(syn.facts->isn[0], notation::kClientIsn);
  const Seen answer = see("< S. 0:1 ack 1");
  EXPECT_EQ(answer.flow, syn.flow);
  EXPECT_EQ(answer.facts->isn[1], notation::kServerIsn);
  EXPECT_EQ(answer.nth, 1u);
  EXPECT_EQ(see("< S. 0:1 ack 1").nth, 2u);
  EXPECT_EQ(see("> #2 S 0:1").role, Role::tcp);
  EXPECT_EQ(see("> #3 . 5:5 ack 9").role, Role::none);
  EXPECT_EQ(see("> #4 S 0:1 <join syn id 1 token 9 nonce 1>").role, Role::join);
  EXPECT_EQ(see("> S 0:1").role, Role::capable) << "the first SYN counts: a retry without the option changes nothing";
}

TEST_F(FlowTableTest, LinksSubflowsByKeyAndToken) {
  see("> S 0:1 <mpc v1 nokey>");
  see("< S. 0:1 ack 1 <mpc v1 key 0x1234>");
  const Seen third = see("> . 1:1 ack 1 <mpc v1 key 0x99 peer 0x1234>");
  ASSERT_NE(third.connection, nullptr);
  EXPECT_EQ(third.connection->server_key, 0x1234u);
  EXPECT_EQ(third.connection->client_key, 0x99u);
  EXPECT_EQ(third.connection->server_token, token_of(0x1234));

  const std::string token = std::to_string(token_of(0x1234));
  const Seen joined = see("> #2 S 0:1 <join syn id 1 token " + token + " nonce 5>");
  EXPECT_EQ(joined.connection, third.connection);
  EXPECT_EQ(joined.connection->subflows, 2u);
  const std::string back = std::to_string(token_of(0x99));
  EXPECT_EQ(see("< #3 S 0:1 <join syn id 1 token " + back + " nonce 5>").connection, third.connection);
  EXPECT_EQ(see("> #4 S 0:1 <join syn id 1 token 77 nonce 5>").connection, nullptr);
  EXPECT_NE(see("> #5 S 0:1 <mpc v1 nokey>").connection, third.connection);
}

TEST_F(FlowTableTest, DirectionsThatLookLikeTwoFlowsAreOneConnection) {
  const Seen inside = see("> S 0:1 <mpc v1 nokey>");
  see("< S. 0:1 ack 1 <mpc v1 key 0x1234> {dst=203.0.113.9}");
  const Seen third = see("> . 1:1 ack 1 <mpc v1 key 0x99 peer 0x1234>");
  const Seen outside = see("< . 1:1 ack 1 {dst=203.0.113.9}");
  EXPECT_NE(inside.flow, outside.flow);
  EXPECT_EQ(third.connection, outside.connection);
  EXPECT_EQ(third.connection->subflows, 1u);
}

TEST_F(FlowTableTest, PortsUsedAgainAreANewFlow) {
  const uint64_t first = see("> S 0:1 <mpc v1 nokey>").facts->serial;
  see("< S. 0:1 ack 1");
  see("> . 1:1 ack 1");
  const Seen stray = see("> S 5000:5001");
  EXPECT_EQ(stray.facts->serial, first) << "a stray SYN does not end a living connection";
  EXPECT_EQ(stray.facts->isn[0], notation::kClientIsn) << "nor change its numbers";
  EXPECT_TRUE(stray.stray);
  EXPECT_FALSE(see("> S 0:1").stray) << "its own SYN again";
  see("> F. 1:2 ack 1");
  const Seen again = see("> S 9000:9001");
  EXPECT_NE(again.facts->serial, first);
  EXPECT_EQ(again.role, Role::tcp);
  EXPECT_EQ(again.nth, 1u);
  EXPECT_FALSE(again.facts->isn_known[1]);
}

// RFC 9293 3.5.1: a host that has forgotten the connection asks for another one with the same ports, resets what its
// SYN is answered with, and asks again.
TEST_F(FlowTableTest, TheSynAfterAHalfOpenConnectionWasResetBeginsANewOne) {
  const uint64_t first = see("> S 0:1").facts->serial;
  see("< S. 0:1 ack 1");
  see("> P. 1:9 ack 1");
  EXPECT_TRUE(see("> S 5000:5001").stray);
  EXPECT_EQ(see("< . 1:1 ack 9").facts->serial, first);
  EXPECT_EQ(see("> R 9:9").facts->serial, first);
  const Seen again = see("> S 5000:5001 <mpc v1 nokey>");
  EXPECT_NE(again.facts->serial, first);
  EXPECT_FALSE(again.stray);
  EXPECT_EQ(again.facts->isn[0], notation::kClientIsn + 5000);
  EXPECT_EQ(again.role, Role::capable);
  EXPECT_EQ(again.nth, 1u);
  EXPECT_EQ(see("< S. 7000:7001 ack 5001").facts->isn[1], notation::kServerIsn + 7000);
}

TEST_F(FlowTableTest, AServerThatForgotTooAnswersTheSynAndANewOneBegins) {
  const uint64_t first = see("> S 0:1").facts->serial;
  see("< S. 0:1 ack 1");
  see("> . 1:1 ack 1");
  EXPECT_TRUE(see("< S. 7000:7001 ack 1").stray) << "nobody asked for it";
  see("> S 5000:5001 <mpc v1 nokey>");
  const Seen answer = see("< S. 7000:7001 ack 5001 <mpc v1 key 7>");
  EXPECT_FALSE(answer.stray);
  EXPECT_NE(answer.facts->serial, first);
  EXPECT_EQ(answer.facts->heir_of, first);
  EXPECT_EQ(answer.facts->isn[0], notation::kClientIsn + 5000);
  EXPECT_EQ(answer.facts->isn[1], notation::kServerIsn + 7000);
  EXPECT_EQ(answer.role, Role::capable);
  EXPECT_EQ(classes("> . 5001:5001 ack 7001"), "ack3+ack+nonsyn+any");
}

TEST_F(FlowTableTest, ASimultaneousOpenIsOneConnection) {  // RFC 9293 3.5
  const uint64_t first = see("> S 0:1").facts->serial;
  for (const char* line : {"< S 0:1", "> S. 0:1 ack 1", "< S. 0:1 ack 1", "> . 1:1 ack 1"}) {
    const Seen seen = see(line);
    EXPECT_EQ(seen.facts->serial, first) << line;
    EXPECT_FALSE(seen.stray) << line;
    EXPECT_TRUE(seen.facts->isn_known[1]) << line;
  }
}

TEST_F(FlowTableTest, UntilTheThirdAckAServerMayAnswerWithAnotherNumber) {  // SYN cookies, RFC 4987 3.6
  const uint64_t first = see("> S 0:1").facts->serial;
  see("< S. 0:1 ack 1");
  const Seen other = see("< S. 300:301 ack 1");
  EXPECT_EQ(other.facts->serial, first);
  EXPECT_EQ(other.facts->isn[1], notation::kServerIsn + 300);
}

TEST_F(FlowTableTest, DamagedSegmentsSayNothing) {
  EXPECT_FALSE(see("> S 0:1 <mpc v1 nokey> {csum=+5}").facts->isn_known[0]);
  const Seen syn = see("> S 9:10");
  EXPECT_EQ(syn.role, Role::tcp);
  EXPECT_EQ(syn.facts->isn[0], notation::kClientIsn + 9);
  EXPECT_FALSE(see("< S. 0:1 ack 10 {csum=+5}").facts->isn_known[1]);
  see("< S. 0:1 ack 10");
  EXPECT_EQ(classes("> . 10:10 ack 1 {csum=+5}"), "ack+nonsyn+any");
  EXPECT_EQ(classes("> . 10:10 ack 1"), "ack3+ack+nonsyn+any");
  see("< R 1:1 {csum=+5}");
  see("> F. 10:11 ack 1 {csum=+5}");
  EXPECT_EQ(see("> S 5000:5001").facts->serial, syn.facts->serial) << "it has not ended";
}

TEST_F(FlowTableTest, OtherPacketsAreCountedAndHaveNoFlow) {
  EXPECT_EQ(see("> udp 10").flow, kNoFlow);
  EXPECT_EQ(see("> echo 1 2").classes, static_cast<Classes>(kClassAny));
  EXPECT_EQ(see("> hex 45").flow, kNoFlow);
  EXPECT_EQ(table_.counts().udp, 1u);
  EXPECT_EQ(table_.counts().icmp, 1u);
  EXPECT_EQ(table_.counts().junk, 1u);
}

TEST_F(FlowTableTest, AnIcmpErrorNamesTheFlowItQuotes) {
  for (const bool v6 : {false, true}) {
    const Seen data = see("> P. 1:11 ack 1", v6);
    const std::string type = v6 ? "1/4" : "3/4";
    const Seen error = see("< icmp " + type + " quote " + (v6 ? "48" : "28") + " [> P. 1:11 ack 1]", v6);
    EXPECT_EQ(error.flow, kNoFlow);
    EXPECT_EQ(error.quoted, data.flow);
    EXPECT_EQ(error.quoted_facts, data.facts);
    EXPECT_EQ(see("< icmp " + type + " [> #2 P. 1:11 ack 1]", v6).quoted, kNoFlow);
  }
}

TEST(FlowTableLimit, TheQuietestIsForgotten) {
  FlowTable table(100);
  const auto see = [&](int flow, const char* rest) {
    const auto l = notation::parse("> #" + std::to_string(flow) + rest);
    return table.see(l.packet.bytes(), l.toward, Time(0));
  };
  const uint64_t first = see(1, " S 0:1").facts->serial;
  for (int i = 2; i <= 1000; ++i) {
    see(i, " S 0:1 <mpc v1 nokey>");
    EXPECT_EQ(see(1, " . 1:1 ack 1").facts->serial, first) << "after " << i;
  }
  EXPECT_EQ(table.counts().flows, 1000u);
  EXPECT_EQ(table.counts().forgotten, 900u);
  EXPECT_LT(see(5, " S 0:1").flow, 100u);
  EXPECT_EQ(see(1000, " . 1:1 ack 1").nth, 2u) << "the recent ones are still there";
  EXPECT_EQ(see(500, " . 1:1 ack 1").nth, 1u) << "the old ones are not";
}

}  // namespace
}  // namespace gauntlet
