// What a client of the agent can get out of it, and what it cannot: over a socket pair, in virtual time.
#include "probe/agent_session.hh"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "probe/craft.hh"

namespace gauntlet {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const IpAddress kUs = *parse_ip_address("192.0.2.9"), kClient = *parse_ip_address("192.0.2.1");
const std::string kSecret = "a secret for one test", kNonce = "00112233445566778899aabbccddeeff", kMine = "0badcafe";

std::string proof(const std::string& secret, const std::string& nonce, const std::string& mine = kMine,
                  AgentRole role = AgentRole::client) {
  return "auth " + mine + " " + agent_proof(secret, role, {nonce, mine});
}

std::vector<uint8_t> packet_of(const char* spec, const IpAddress& from, const IpAddress& to, uint16_t port = 80) {
  ProbeFlow f;
  f.source = from;
  f.destination = to;
  f.source_port = 50000;
  f.destination_port = port;
  return craft(parse_spec(spec), f, 64);
}

struct Wire : ProbeTransport {  // what left, and what is to come in
  Wire(std::vector<std::vector<uint8_t>>& left, size_t& waiting, const std::vector<uint8_t>& comes)
      : left_(left), waiting_(waiting), comes_(comes) {}
  Time now() override { return {}; }
  void send(ConstBytes p) override { left_.emplace_back(p.begin(), p.end()); }
  std::optional<Arrival> receive(Time) override {
    if (waiting_ == 0) return std::nullopt;
    --waiting_;
    return Arrival{{}, comes_};
  }
  uint16_t reserve_port(uint8_t) override { return 1; }
  uint64_t random() override { return 4; }
  std::vector<std::vector<uint8_t>>& left_;
  size_t& waiting_;
  const std::vector<uint8_t>& comes_;
};

struct World {
  explicit World(AgentBounds bounds = {}, bool room = true) {
    int pair[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    client.emplace(Fd(pair[0]));
    session.emplace(Fd(pair[1]), AgentLine{kUs, kClient, 8685, 50000}, kNonce, now, bounds);
    open = [this, room](const IpAddress&, const IpAddress&) -> std::unique_ptr<ProbeTransport> {
      return room ? std::make_unique<Wire>(left, waiting, comes) : nullptr;
    };
  }
  bool step() { return session->step(now, kSecret, open); }
  void say(const std::string& line) {
    client->say(line);
    client->flush(Duration::zero());
  }
  std::string heard() {
    std::string line;
    return client->next(line, Time::zero()) ? line : "";
  }
  bool prove() {
    step();
    say(proof(kSecret, heard().substr(17)));
    return step();
  }
  void ask_for(const IpAddress& from, const IpAddress& to) { say("send " + hex_of(packet_of("ack", from, to))); }
  bool tells(std::vector<uint8_t> packet) {
    comes = std::move(packet);
    waiting = 1;
    step();
    return heard() == "in " + hex_of(comes);
  }

  Time now = seconds(100);
  std::vector<std::vector<uint8_t>> left;
  size_t waiting = 0;
  std::vector<uint8_t> comes = packet_of("ack/len=1300", kClient, kUs);
  AgentSession::Open open;
  std::optional<LineSocket> client;
  std::optional<AgentSession> session;
};

// RFC 4231 4.2, test case 2, is of this form: HMAC-SHA256 in hexadecimal.
TEST(AgentSession, TheProofIsHmacSha256) {
  EXPECT_EQ(hmac_sha256("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(agent_proof(kSecret, AgentRole::agent, {"a", "b"}), hmac_sha256(kSecret, "agent a b"));
  EXPECT_EQ(agent_proof(kSecret, AgentRole::client, {"a", "b"}), hmac_sha256(kSecret, "client a b"));
}

TEST(AgentSession, OnlyTheProofOfThisNonceLetsIn) {
  for (const std::string& said :
       {proof("another secret", kNonce), proof(kSecret, "an older nonce"),
        proof(kSecret, kNonce, kMine, AgentRole::agent),
        "auth 0 " + agent_proof(kSecret, AgentRole::client, {kNonce, kMine}), "auth " + kMine, std::string("auth "),
        std::string("auth  "), std::string(""), std::string("send 00"), proof(kSecret, kNonce) + "0"}) {
    World w;
    EXPECT_TRUE(w.step());
    EXPECT_EQ(w.heard(), "gauntlet-agent 2 " + kNonce);
    w.say(said);
    EXPECT_FALSE(w.step()) << said;
    EXPECT_EQ(w.heard(), "");
    EXPECT_FALSE(w.session->proven());
  }
  World w;
  EXPECT_TRUE(w.prove());
  EXPECT_EQ(w.heard(), "ok " + agent_proof(kSecret, AgentRole::agent, {kNonce, kMine}) + " 192.0.2.9 192.0.2.1");
}

// What is told is acknowledged on the line itself: told again, it would never end. Others' packets are nobody's
// business.
TEST(AgentSession, TellsWhatItsClientSendsAndErrorsAndNothingElse) {
  World w;
  ASSERT_TRUE(w.prove());
  w.heard();
  const IpAddress other = *parse_ip_address("198.51.100.7");
  EXPECT_TRUE(w.tells(packet_of("syn", kClient, kUs)));
  EXPECT_TRUE(w.tells(packet_of("syn", kClient, kUs, 8686)));
  EXPECT_FALSE(w.tells(packet_of("ack", kClient, kUs, 8685)));
  EXPECT_TRUE(w.tells(packet_of("icmp", kClient, kUs)));
  EXPECT_FALSE(w.tells(packet_of("icmp", other, kUs)));
  const auto quoted = packet_of("ack", kUs, kClient);
  for (const uint8_t type : {uint8_t{11}, uint8_t{8}}) {  // time exceeded, and an echo request with the same bytes in it
    auto error = packet_of("icmp/len=28", other, kUs);
    error[20] = type;
    std::copy_n(quoted.begin(), 28, error.begin() + 28);
    EXPECT_EQ(w.tells(error), type == 11);
  }
  EXPECT_FALSE(w.tells(std::vector<uint8_t>(40, 7)));
}

TEST(AgentSession, AStrangerHasOneShortLineAndFiveSeconds) {
  World slow;
  EXPECT_TRUE(slow.step());
  slow.now += milliseconds(4999);
  EXPECT_TRUE(slow.step());
  slow.now += milliseconds(1);
  EXPECT_FALSE(slow.step());
  World large;
  EXPECT_TRUE(large.step());
  large.client->say(std::string(kLongestProof + 1, 'a'));
  large.client->flush(Duration::zero());
  EXPECT_FALSE(large.step());
}

TEST(AgentSession, WithoutRoomItIsBusy) {
  World w({}, false);
  EXPECT_FALSE(w.prove());
  EXPECT_EQ(w.heard(), "busy");
}

TEST(AgentSession, SendsFromItselfToItsClientAndToNobodyElse) {
  World w;
  ASSERT_TRUE(w.prove());
  const IpAddress other = *parse_ip_address("198.51.100.7");
  w.ask_for(kUs, kClient);
  w.ask_for(other, kClient);
  w.ask_for(kUs, other);
  w.ask_for(kClient, kUs);
  w.say("send ");
  w.say("send 45");
  EXPECT_TRUE(w.step());
  EXPECT_EQ(w.left.size(), 1u);
}

TEST(AgentSession, WhatIsNoRequestEndsIt) {
  for (const char* said : {"send 4g", "send 450", "read /etc/passwd", "sendx", ""}) {
    World w;
    ASSERT_TRUE(w.prove());
    w.say(said);
    EXPECT_FALSE(w.step()) << said;
  }
}

TEST(AgentSession, NoMoreThanItsShareInAnySecondAndInAll) {
  AgentBounds bounds;
  bounds.rate = 10;
  bounds.packets = 25;
  World w(bounds);
  ASSERT_TRUE(w.prove());
  for (int i = 0; i < 26; ++i) w.ask_for(kUs, kClient);
  EXPECT_TRUE(w.step());
  EXPECT_TRUE(w.step());
  EXPECT_EQ(w.left.size(), 10u);
  EXPECT_FALSE(w.session->listens(w.now));
  w.now += milliseconds(999);
  EXPECT_TRUE(w.step());
  EXPECT_EQ(w.left.size(), 10u);
  w.now += milliseconds(1);
  EXPECT_TRUE(w.step());
  EXPECT_EQ(w.left.size(), 20u);
  w.now += seconds(1);
  EXPECT_FALSE(w.step());
  EXPECT_EQ(w.left.size(), 25u);
}

TEST(AgentSession, WhoDoesNotReadIsNotTold) {
  AgentBounds bounds;
  bounds.unsent = 10000;
  World w(bounds);
  ASSERT_TRUE(w.prove());
  for (int i = 0; i < 100; ++i) {
    w.waiting = 1000;
    EXPECT_TRUE(w.step());  // returns: the client does not hold it up
  }
  size_t told = 0;
  while (!w.heard().empty()) {
    ++told;
    w.waiting = 0;
    w.step();
  }
  EXPECT_LT(told, 2000u);  // of 6400: what the socket holds, and 10000 bytes
  EXPECT_GT(told, 10u);
}

TEST(AgentSession, NobodyStaysForEver) {
  World w;
  ASSERT_TRUE(w.prove());
  w.now += seconds(119);
  EXPECT_TRUE(w.step());
  w.now += seconds(1);
  EXPECT_FALSE(w.step());
}

}  // namespace
}  // namespace gauntlet
