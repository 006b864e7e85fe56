// The endpoint pair when things go wrong: each failure is a result with its reason, never a hang and never an
// exception.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <thread>

#include "endpoint_pair.hh"
#include "lab.hh"
#include "payload/payload.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

void sleep_ms(int ms) { std::this_thread::sleep_for(milliseconds(ms)); }

// A server made by hand: says its port, accepts one TCP connection, sends `bytes`, then waits for `after` and ends.
InChild hand_made_server(const NetNamespace& where, const std::vector<uint8_t>& bytes,
                         const std::function<void(int fd)>& after) {
  return InChild(where, [&](int out) -> std::string {
    const Fd listener(check("socket", ::socket(AF_INET, SOCK_STREAM, 0)));
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_port = htons(5000);
    ::inet_pton(AF_INET, "192.0.2.2", &a.sin_addr);
    check("bind", ::bind(listener.get(), reinterpret_cast<sockaddr*>(&a), sizeof a));
    check("listen", ::listen(listener.get(), 1));
    check_size("say so", ::write(out, "ready\n", 6));
    const Fd fd(check("accept", ::accept(listener.get(), nullptr, nullptr)));
    check_size("send", ::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL));
    after(fd.get());
    return "";
  });
}

void read_to_end(int fd) {
  char part[4096];
  while (::recv(fd, part, sizeof part, 0) > 0) {
  }
}

Json client_against(const TwoPaths& net, const std::vector<uint8_t>& bytes, const std::function<void(int fd)>& after) {
  InChild server = hand_made_server(net.server, bytes, after);
  server.line();
  EndpointPlan plan = client_of(server_plan());
  plan.mptcp = false;
  return Endpoint(net.client, plan).report();
}

class EndpointFailure : public testing::TestWithParam<bool> {};  // over MPTCP, over TCP
INSTANTIATE_TEST_SUITE_P(, EndpointFailure, testing::Bool(), [](const auto& i) { return i.param ? "mptcp" : "tcp"; });

TEST_P(EndpointFailure, KilledPeerIsAReset) {
  REQUIRE_NAMESPACES();
  const TwoPaths net;
  EndpointPlan plan = server_plan();
  plan.mptcp = GetParam();
  plan.subflows = 2;
  plan.up = plan.down = 5'000'000;
  Endpoint server(net.server, plan);
  server.wait_until_listening();
  Endpoint client(net.client, client_of(plan));
  sleep_ms(300);
  // A socket that dies with bytes unread sends RST, or MP_FASTCLOSE; one that had read all may end by FIN first (RFC
  // 9293 3.10.4, RFC 8684 3.5). Stopped for a moment, it has bytes unread for certain.
  server.signal(SIGSTOP);
  sleep_ms(100);
  server.signal(SIGKILL);
  const Json r = client.report();
  SCOPED_TRACE(r.dump(1));
  EXPECT_EQ(r["result"], "failed");
  EXPECT_EQ(r["phase"], "transfer");
  EXPECT_EQ(r["close"], "reset");
  EXPECT_EQ(r["errno"], ECONNRESET);
  EXPECT_GT(r["received"], 0);
  EXPECT_LT(r["received"], 5'000'000);
  EXPECT_EQ(r["wrong_bytes"], 0);
  EXPECT_EQ(r["sockets_gone"], true);
}

TEST_P(EndpointFailure, SilenceIsAStallAndLeavesNoSocket) {
  REQUIRE_NAMESPACES();
  const TwoPaths net;
  EndpointPlan plan = server_plan();
  plan.mptcp = GetParam();
  plan.up = plan.down = 5'000'000;
  plan.stall = milliseconds(700);
  Endpoint server(net.server, plan);
  server.wait_until_listening();
  Endpoint client(net.client, client_of(plan));
  sleep_ms(300);
  iptables(net.client, "-A OUTPUT -p tcp -j DROP");
  iptables(net.client, "-A INPUT -p tcp -j DROP");
  for (const Json& r : {client.report(), server.report()}) {
    SCOPED_TRACE(r.dump(1));
    EXPECT_EQ(r["result"], "stalled");
    EXPECT_EQ(r["stalled"], true);
    EXPECT_EQ(r["close"], "timeout");
    EXPECT_EQ(r["phase"], "transfer");
    EXPECT_GE(r["longest_stall_ms"], 700);
    EXPECT_LT(r["longest_stall_ms"], 1500);
    EXPECT_EQ(r["sockets_gone"], true);
    EXPECT_EQ(r["wrong_bytes"], 0);
    // Getting rid of the connection sends MP_FASTCLOSE; the report is of what was before.
    EXPECT_EQ(r["counters"]["delta"].value("MPFastcloseTx", 0), 0);
  }
}

TEST_P(EndpointFailure, SigtermReportsWhatIsKnown) {
  REQUIRE_NAMESPACES();
  const TwoPaths net;
  EndpointPlan plan = server_plan();
  plan.mptcp = GetParam();
  plan.up = plan.down = 5'000'000;
  Endpoint server(net.server, plan);
  server.wait_until_listening();
  Endpoint client(net.client, client_of(plan));
  sleep_ms(300);
  server.signal(SIGTERM);
  const Json r = server.report();
  SCOPED_TRACE(r.dump(1));
  EXPECT_EQ(r["result"], "failed");
  EXPECT_THAT(r["error"], HasSubstr("signal 15"));
  EXPECT_GT(r["received"], 0);
  EXPECT_EQ(client.report()["close"], "reset");
}

TEST_P(EndpointFailure, NobodyThereIsRefusedAndNobodyComesIsATimeout) {
  REQUIRE_NAMESPACES();
  const TwoPaths net;
  EndpointPlan plan = server_plan();
  plan.mptcp = GetParam();
  plan.limit = milliseconds(200);
  const Json alone = Endpoint(net.client, client_of(plan)).report();
  EXPECT_EQ(alone["phase"], "connect");
  EXPECT_EQ(alone["result"], "failed");
  EXPECT_EQ(alone["errno"], ECONNREFUSED);
  EXPECT_EQ(alone["close"], "aborted");
  EXPECT_TRUE(alone["samples"].empty());
  Endpoint server(net.server, plan);
  server.wait_until_listening();
  const Json waiting = server.report();
  EXPECT_EQ(waiting["phase"], "accept");
  EXPECT_EQ(waiting["result"], "failed");
  EXPECT_EQ(waiting["errno"], ETIMEDOUT);
  EXPECT_EQ(waiting["close"], "timeout");
  iptables(net.server, "-A INPUT -p tcp -j DROP");
  const Json unheard = Endpoint(net.client, client_of(plan)).report();
  EXPECT_EQ(unheard["phase"], "connect");
  EXPECT_EQ(unheard["errno"], ETIMEDOUT);
  EXPECT_EQ(unheard["close"], "timeout");
  EXPECT_EQ(unheard["sockets_gone"], true);
}

TEST(EndpointJudgesBytes, ShortStreamIsAnEarlyEof) {
  REQUIRE_NAMESPACES();
  const TwoPaths net;
  const Json r = client_against(net, Payload{StreamDirection::s2c, 0x2a}.make(0, 49'990), [](int fd) {
    ::shutdown(fd, SHUT_WR);
    read_to_end(fd);
  });
  SCOPED_TRACE(r.dump(1));
  EXPECT_EQ(r["result"], "failed");
  EXPECT_EQ(r["close"], "early_eof");
  EXPECT_EQ(r["received"], 49'990);
  EXPECT_EQ(r["sent"], 50'000);  // its own stream was sent to the end all the same
  EXPECT_EQ(r["eof"], true);
  EXPECT_EQ(r["wrong_bytes"], 0);
}

TEST(EndpointJudgesBytes, MissingBytesAtBothEndsEndWithoutAStall) {
  REQUIRE_NAMESPACES();
  const TwoPaths net;
  // The peer closes only when it has seen our end: whoever waits for all bytes first would wait for ever.
  const Json r =
      client_against(net, Payload{StreamDirection::s2c, 0x2a}.make(0, 49'990), [](int fd) { read_to_end(fd); });
  EXPECT_EQ(r["close"], "early_eof");
  EXPECT_EQ(r["stalled"], false);
}

TEST(EndpointJudgesBytes, DisplacedBlockIsNamed) {
  REQUIRE_NAMESPACES();
  const TwoPaths net;
  const Payload down{StreamDirection::s2c, 0x2a};
  std::vector<uint8_t> bytes = down.make(0, 50'000);
  const auto block = down.make(10'007, 1000);
  std::copy(block.begin(), block.end(), bytes.begin() + 30'000);
  const Json r = client_against(net, bytes, [](int fd) {
    ::shutdown(fd, SHUT_WR);
    read_to_end(fd);
  });
  SCOPED_TRACE(r.dump(1));
  EXPECT_EQ(r["result"], "ok");  // the connection did its work; what it carried is another matter
  EXPECT_EQ(r["close"], "clean");
  EXPECT_EQ(r["first_wrong"]["offset"], 30'000);
  EXPECT_EQ(r["first_wrong"]["belongs_to"], 10'007);
  EXPECT_GT(r["wrong_bytes"], 800);
  EXPECT_LE(r["wrong_bytes"], 1000);
}

TEST(EndpointJudgesBytes, InsertedBytesAreFollowedByTheStream) {
  REQUIRE_NAMESPACES();
  const TwoPaths net;
  const Payload down{StreamDirection::s2c, 0x2a};
  std::vector<uint8_t> bytes = down.make(0, 50'000);
  bytes.insert(bytes.begin() + 20'000, {'!', '!', '!', '!', '!'});
  const Json r = client_against(net, bytes, [](int fd) {
    ::shutdown(fd, SHUT_WR);
    read_to_end(fd);
  });
  SCOPED_TRACE(r.dump(1));
  EXPECT_EQ(r["received"], 50'005);
  EXPECT_EQ(r["first_wrong"]["offset"], 20'000);
  EXPECT_TRUE(r["first_wrong"]["belongs_to"].is_null());
  EXPECT_EQ(r["first_wrong"]["then"]["at"], 20'005);
  EXPECT_EQ(r["first_wrong"]["then"]["belongs_to"], 20'000);
}

TEST(EndpointRefuses, WhatTheMachineDoesNotHave) {
  REQUIRE_NAMESPACES();
  const TwoPaths net;
  EndpointPlan plan = server_plan();
  plan.congestion = "nonesuch";
  EXPECT_THAT(Endpoint(net.server, plan).report().value("exception", ""), HasSubstr("congestion control 'nonesuch'"));
  plan = server_plan();
  plan.bind = "192.0.2.99";
  EXPECT_THAT(Endpoint(net.server, plan).report().value("exception", ""), HasSubstr("bind 192.0.2.99 port 5000"));
  plan.bind = "localhost";
  EXPECT_THAT(Endpoint(net.server, plan).report().value("exception", ""), HasSubstr("'localhost' is no numeric"));
}

TEST(EndpointCounts, ConnectionsThatWereNotServed) {
  REQUIRE_NAMESPACES();
  const TwoPaths net;
  EndpointPlan plan = server_plan();
  plan.up = plan.down = 800'000;
  Endpoint server(net.server, plan);
  server.wait_until_listening();
  Endpoint client(net.client, client_of(plan));
  sleep_ms(100);
  EndpointPlan stray = client_of(plan);
  stray.mptcp = false;
  stray.up = stray.down = 0;
  stray.limit = milliseconds(3000);
  Endpoint other(net.client, stray);
  const Json r = server.report();
  EXPECT_EQ(r["result"], "ok");
  EXPECT_EQ(r["extra_connections"], 1);
  EXPECT_EQ(client.report()["result"], "ok");
}

}  // namespace
}  // namespace gauntlet
