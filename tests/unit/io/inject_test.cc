// Packets that a verdict cannot carry: the ways out of the router, byte for byte as a capture on the wire shows them.
#include <gmock/gmock.h>

#include "io/capture_ring.hh"
#include "queue_run.hh"
#include "util/process.hh"
#include "wire/checksum.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

using testing::ElementsAre;

struct Inject : testing::Test {
  static void SetUpTestSuite() {
    if (why_no_namespaces().empty()) lab = std::make_unique<TestLab>();
  }
  static void TearDownTestSuite() { lab.reset(); }
  void SetUp() override {
    REQUIRE_NAMESPACES();
    iptables(lab->router, "-F FORWARD");
    iptables(lab->router, "-t mangle -F PREROUTING");
    client.emplace(lab->client, "192.0.2.1", 4000);
    server.emplace(lab->server, "198.51.100.1", 5000);
  }
  void rule(const std::string& words) { iptables(lab->router, words + " -p udp -j NFQUEUE --queue-num 0"); }
  void to_server(const std::string& text) { client->send(text, "198.51.100.1", 5000); }
  inline static std::unique_ptr<TestLab> lab;
  std::optional<Udp> client, server;
};

// No verdict carries two packets: what is "split" is injected.
void split(Packet p, Direction toward, Time, Emit& out) {
  const std::string text = udp_text(p);
  if (text != "split") return out.send(std::move(p), toward);
  for (const char* piece : {"1", "2"}) {
    Packet one = p.copy();
    set_udp_text(one, text + piece);
    out.send(std::move(one), toward);
  }
}

TEST_F(Inject, AsksForTheNeighbourItDoesNotKnow) {
  rule("-A FORWARD");
  FunctionPath path(split);
  QueueRun run(lab->router, &path);
  for (int round = 0; round < 3; ++round) {
    ip(lab->router, "neigh flush dev r1");
    for (const char* text : {"split", "b", "c"}) to_server(text);
    EXPECT_THAT(server->receive_all(), ElementsAre("split1", "split2", "b", "c"));
  }
  const QueueCounts c = run.stop();
  EXPECT_EQ(c.injected, 6u);
  EXPECT_GE(run.by_injection(), 6u);
  EXPECT_TRUE(c.clean());
}

TEST_F(Inject, WhatWaitsForANeighbourIsNotOvertaken) {
  rule("-A FORWARD");
  FunctionPath path(split);
  QueueRun run(lab->router, &path);
  ip(lab->server, "link set s0 arp off");  // it answers nobody who asks
  ip(lab->router, "neigh flush dev r1");
  const auto later = [](int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); };
  to_server("split");
  later(30);
  to_server("after");  // in a batch of its own
  later(30);
  ip(lab->server, "link set s0 arp on");
  std::vector<std::string> received;
  while (received.size() < 3) {
    const auto text = server->receive();
    ASSERT_TRUE(text) << received.size();
    received.push_back(*text);
  }
  EXPECT_THAT(received, ElementsAre("split1", "split2", "after"));
  EXPECT_TRUE(run.stop().clean());
}

TEST_F(Inject, AnotherFlowsPacketTakesItsOwnWay) {
  rule("-A FORWARD");
  const Udp other(lab->client, "192.0.2.1", 4001);
  std::optional<Packet> held;
  FunctionPath path([&](Packet p, Direction toward, Time, Emit& out) {
    if (!held) {
      p.keep();
      held = std::move(p);
    } else {
      out.send(std::move(*held), toward);  // in place of this one
    }
  });
  QueueRun run(lab->router, &path);
  to_server("mine");
  other.send("of another flow", "198.51.100.1", 5000);
  EXPECT_THAT(server->receive_all(), ElementsAre("mine"));
  EXPECT_EQ(run.stop().held, 1u);
  EXPECT_EQ(run.by_injection(), 1u);
}

TEST_F(Inject, OnceNothingCanBeOvertakenVerdictsCarryTheFlowAgain) {
  rule("-A FORWARD");
  FunctionPath path(split);
  QueueRun run(lab->router, &path);
  to_server("split");
  EXPECT_EQ(server->receive(), "split1");
  EXPECT_EQ(server->receive(), "split2");
  to_server("after");
  EXPECT_EQ(server->receive(), "after");
  EXPECT_EQ(run.stop().passed, 1u);
  EXPECT_EQ(run.by_injection(), 2u);
}

TEST_F(Inject, ANeighbourThatDoesNotAnswerIsAFailureWithAName) {
  rule("-A FORWARD");
  FunctionPath path([](Packet p, Direction toward, Time, Emit& out) {
    Packet lost = p.copy();
    lost.data()[19] = 77;  // 198.51.100.77: nobody
    write_checksums(lost.bytes());
    out.send(std::move(lost), toward);
    out.send(std::move(p), toward);  // the other destination does not wait behind it
  });
  QueueRun run(lab->router, &path);
  to_server("x");
  EXPECT_EQ(server->receive(500), "x");
  const QueueCounts c = run.stop();
  EXPECT_EQ(c.inject_failed, 1u);
  EXPECT_FALSE(c.clean());
}

TEST_F(Inject, NoRouteIsAFailureToo) {
  rule("-A FORWARD");
  FunctionPath path([](Packet p, Direction toward, Time, Emit& out) {
    p.data()[16] = 203;  // 203.51.100.1: no route
    out.send(p.copy(), toward);
  });
  QueueRun run(lab->router, &path);
  to_server("x");
  EXPECT_EQ(server->receive(100), std::nullopt);
  EXPECT_EQ(run.stop().inject_failed, 1u);
}

TEST_F(Inject, LeavesByteForByteAndCapturesSeeIt) {
  rule("-A FORWARD");
  std::vector<uint8_t> expected;
  FunctionPath path([&](Packet p, Direction toward, Time, Emit& out) {
    store16(p.data() + 10, 0xdead);  // a wrong IP header checksum: a raw IP socket would repair it
    p.data()[6] |= 0x80;             // the evil bit
    expected.assign(p.bytes().begin(), p.bytes().end());
    out.send(p.copy(), toward);
  });
  CaptureRing ring(lab->router, "r1", {});
  QueueRun run(lab->router, &path);
  to_server("damaged");
  server->receive_all(50);
  run.stop();
  std::vector<std::vector<uint8_t>> seen;
  ring.drain([&](const RingFrame& f) {
    if (f.bytes.size() > 34 && f.bytes[12] == 8 && f.bytes[13] == 0)
      seen.emplace_back(f.bytes.begin() + 14, f.bytes.end());
  });
  ASSERT_FALSE(expected.empty());
  EXPECT_THAT(seen, testing::Contains(expected));
}

TEST_F(Inject, AVerdictKeepsAWrongChecksumWrong) {
  rule("-A FORWARD");
  FunctionPath path([&](Packet p, Direction toward, Time, Emit& out) {
    p.data()[26] ^= 0x55;  // UDP checksum
    out.send(std::move(p), toward);
  });
  CaptureRing ring(lab->router, "r1", {});
  QueueRun run(lab->router, &path);
  to_server("damaged");
  EXPECT_EQ(server->receive(100), std::nullopt);  // the server's stack refuses it
  EXPECT_EQ(run.stop().changed, 1u);
  int wrong = 0;
  ring.drain([&](const RingFrame& f) {
    if (f.bytes.size() < 42 || f.bytes[23] != 17) return;
    const ConstBytes packet = f.bytes.subspan(14);
    wrong += !l4_checksum_ok(packet, layout_of(packet));
  });
  EXPECT_EQ(wrong, 1);
}

TEST_F(Inject, WhatAVerdictCannotCarryIsInjected) {
  rule("-A FORWARD");
  FunctionPath path([&](Packet p, Direction toward, Time, Emit& out) {
    p.insert(20, 4);  // four IP options: NOP NOP NOP EOL
    std::fill_n(p.data() + 20, 3, uint8_t{1});
    p.data()[0] = 0x46;
    store16(p.data() + 2, static_cast<uint16_t>(p.size()));
    write_checksums(p.bytes());
    out.send(std::move(p), toward);
  });
  QueueRun run(lab->router, &path);
  to_server("optioned");
  EXPECT_EQ(server->receive(), "optioned");
  const QueueCounts c = run.stop();
  EXPECT_EQ(c.changed, 1u);
  EXPECT_TRUE(c.clean());
}

TEST_F(Inject, ANewDestinationTheOtherWayIsRoutedAnew) {
  // A box that turns packets for the server back to the client: the kernel had routed them to the server.
  rule("-A FORWARD");
  FunctionPath path([](Packet p, Direction toward, Time, Emit& out) {
    const uint8_t back[] = {192, 0, 2, 1};
    const uint8_t from[] = {198, 51, 100, 1};
    std::copy_n(back, 4, p.data() + 16);
    std::copy_n(from, 4, p.data() + 12);
    std::swap(p.data()[20], p.data()[22]);
    std::swap(p.data()[21], p.data()[23]);
    write_checksums(p.bytes());
    out.send(std::move(p), toward);
  });
  QueueRun run(lab->router, &path);
  to_server("boomerang");
  EXPECT_EQ(client->receive(), "boomerang");
  const QueueCounts c = run.stop();
  EXPECT_EQ(c.changed, 1u);
  EXPECT_TRUE(c.clean());
}

TEST_F(Inject, BeforeTheTtlCheckPiecesEnterTheStackAsReceived) {
  rule("-t mangle -A PREROUTING -i r0");
  ip(lab->router, "link add in0 type veth peer name in1");
  ip(lab->router, "link set in0 up");
  ip(lab->router, "link set in1 up");
  FunctionPath path(split);
  QueueAdapter::Options options;
  options.inject = "in0";
  CaptureRing ring(lab->router, "r1", {});
  QueueRun run(lab->router, &path, options);
  to_server("split");
  EXPECT_THAT(server->receive_all(), ElementsAre("split1", "split2"));
  to_server("after");  // by the same way: nobody knows when the stack has taken what went through the pair
  EXPECT_EQ(server->receive(), "after");
  const QueueCounts c = run.stop();
  EXPECT_EQ(c.queued, 2u);  // what was injected was not queued again
  EXPECT_EQ(run.by_injection(), 3u);
  EXPECT_TRUE(c.clean());
  std::vector<int> ttls;
  ring.drain([&](const RingFrame& f) {
    if (f.bytes.size() > 34 && f.bytes[23] == 17) ttls.push_back(f.bytes[22]);
  });
  EXPECT_THAT(ttls, ElementsAre(63, 63, 63));  // the router forwarded them: 64 - 1
  ip(lab->router, "link del in0");
}

TEST_F(Inject, Ipv6Too) {
  const std::vector<std::string> words{"ip6tables", "-A", "FORWARD", "-p", "udp", "-j", "NFQUEUE", "--queue-num", "0"};
  ASSERT_TRUE(run_tool(words, std::chrono::seconds(5), lab->router.fd()).exit.ok());
  Udp client6(lab->client, "2001:db8:1::1", 4000), server6(lab->server, "2001:db8:2::1", 5000);
  FunctionPath path([](Packet p, Direction toward, Time now, Emit& out) {
    if (udp_text(p) == "edit") set_udp_text(p, "edited");
    split(std::move(p), toward, now, out);
  });
  QueueRun run(lab->router, &path);
  for (const char* text : {"plain", "edit", "split", "after"}) client6.send(text, "2001:db8:2::1", 5000);
  EXPECT_THAT(server6.receive_all(), ElementsAre("plain", "edited", "split1", "split2", "after"));
  const QueueCounts c = run.stop();
  EXPECT_EQ(c.passed, 2u);
  EXPECT_EQ(c.changed, 1u);
  EXPECT_EQ(c.injected, 2u);
  EXPECT_EQ(c.dropped, 1u);
  EXPECT_TRUE(c.clean());
}

}  // namespace
}  // namespace gauntlet
