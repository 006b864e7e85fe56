// The adapter with real packets: what each way of sending on does to the datagrams, and what is counted.
#include "io/nfqueue.hh"

#include <gmock/gmock.h>

#include <deque>

#include "path/ip_edit.hh"
#include "queue_run.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

using testing::ElementsAre;

// Client and server sockets, and the queue rule: UDP from and to the client, IPv4 and IPv6.
struct Nfqueue : testing::Test {
  static void SetUpTestSuite() {
    if (!why_no_namespaces().empty()) return;
    lab = std::make_unique<TestLab>();
    iptables(lab->router, "-A FORWARD -p udp -j NFQUEUE --queue-num 0");
  }
  static void TearDownTestSuite() { lab.reset(); }
  void SetUp() override {
    REQUIRE_NAMESPACES();
    client.emplace(lab->client, "192.0.2.1", 4000);
    server.emplace(lab->server, "198.51.100.1", 5000);
  }
  void to_server(const std::string& text) { client->send(text, "198.51.100.1", 5000); }
  std::vector<std::string> burst(int n) {
    std::vector<std::string> texts;
    for (int i = 0; i < n; ++i) to_server(texts.emplace_back("packet " + std::to_string(i)));
    return texts;
  }
  inline static std::unique_ptr<TestLab> lab;
  std::optional<Udp> client, server;
};

TEST_F(Nfqueue, UntouchedPacketsPassWithoutAHit) {
  FunctionPath path([](Packet p, Direction toward, Time, Emit& out) { out.send(std::move(p), toward); });
  QueueRun run(lab->router, &path);
  const auto sent = burst(200);
  EXPECT_EQ(server->receive_all(), sent);
  const QueueCounts c = run.stop();
  EXPECT_EQ(c.queued, 200u);
  EXPECT_EQ(c.passed, 200u);
  EXPECT_EQ(c.hits(), 0u);
  EXPECT_TRUE(c.clean());
}

TEST_F(Nfqueue, DirectionIsByTheInterfaceItCameIn) {
  std::vector<Direction> seen;
  FunctionPath path([&](Packet p, Direction toward, Time, Emit& out) {
    seen.push_back(toward);
    out.send(std::move(p), toward);
  });
  QueueRun run(lab->router, &path);
  to_server("there");
  ASSERT_TRUE(server->receive());
  server->send("back", "192.0.2.1", 4000);
  ASSERT_TRUE(client->receive());
  run.stop();
  EXPECT_THAT(seen, ElementsAre(Direction::to_server, Direction::to_client));
}

TEST_F(Nfqueue, EditsRideTheVerdict) {
  FunctionPath path([](Packet p, Direction toward, Time, Emit& out) {
    const std::string text = udp_text(p);
    if (text == "same") set_udp_text(p, "SAME");
    if (text == "longer") set_udp_text(p, "longer than it was, by far");
    if (text == "shorter") set_udp_text(p, "s");
    out.send(std::move(p), toward);
  });
  QueueRun run(lab->router, &path);
  for (const char* text : {"same", "longer", "shorter", "other"}) to_server(text);
  EXPECT_THAT(server->receive_all(), ElementsAre("SAME", "longer than it was, by far", "s", "other"));
  const QueueCounts c = run.stop();
  EXPECT_EQ(c.changed, 3u);
  EXPECT_EQ(c.passed, 1u);
  EXPECT_EQ(c.injected, 0u);
  EXPECT_TRUE(c.clean());
}

TEST_F(Nfqueue, NotSendingDrops) {
  FunctionPath path([](Packet p, Direction toward, Time, Emit& out) {
    if (udp_text(p) != "secret") out.send(std::move(p), toward);
  });
  QueueRun run(lab->router, &path);
  to_server("secret");
  to_server("plain");
  EXPECT_THAT(server->receive_all(), ElementsAre("plain"));
  const QueueCounts c = run.stop();
  EXPECT_EQ(c.dropped, 1u);
  EXPECT_EQ(c.hits(), 1u);
}

TEST_F(Nfqueue, PiecesAreInjectedInOrderAmongTheRest) {
  // Every seventh becomes three; the others are sent on as they are. The server must see one order.
  int n = 0;
  FunctionPath path([&](Packet p, Direction toward, Time, Emit& out) {
    if (n++ % 7 != 3) return out.send(std::move(p), toward);
    const std::string text = udp_text(p);
    for (const char* piece : {"/1", "/2", "/3"}) {
      Packet one = p.copy();
      set_udp_text(one, text + piece);
      out.send(std::move(one), toward);
    }
  });
  QueueRun run(lab->router, &path);
  const auto sent = burst(150);  // what the default receive buffer of the server holds
  std::vector<std::string> expected;
  for (size_t i = 0; i < sent.size(); ++i) {
    if (i % 7 != 3)
      expected.push_back(sent[i]);
    else
      for (const char* piece : {"/1", "/2", "/3"}) expected.push_back(sent[i] + piece);
  }
  EXPECT_EQ(server->receive_all(), expected);
  const QueueCounts c = run.stop();
  EXPECT_EQ(c.queued, 150u);
  EXPECT_EQ(c.dropped, 21u);  // 3, 10, ... 143
  EXPECT_EQ(c.injected, 3 * 21u);
  EXPECT_EQ(c.passed, 150u - 21u);  // some by verdict, some injected: unchanged all of them
  EXPECT_TRUE(c.clean());
}

TEST_F(Nfqueue, WhatIsMergedRidesTheVerdictOfItsLastPart) {
  // Every second packet joins the one before. Each fifth pair becomes two packets, which are injected: one order still.
  std::optional<Packet> held;
  int pairs = 0;
  FunctionPath path([&](Packet p, Direction toward, Time, Emit& out) {
    if (!held) {
      p.keep();
      held = std::move(p);
      return;
    }
    set_udp_text(*held, udp_text(*held) + " and " + udp_text(p));
    if (pairs++ % 5 == 2) out.send(held->copy(), toward);
    out.send(std::move(*held), toward);
    held.reset();
  });
  QueueRun run(lab->router, &path);
  const auto sent = burst(150);
  std::vector<std::string> expected;
  for (size_t i = 0; i < sent.size(); i += 2) {
    if (i / 2 % 5 == 2) expected.push_back(sent[i] + " and " + sent[i + 1]);
    expected.push_back(sent[i] + " and " + sent[i + 1]);
  }
  EXPECT_EQ(server->receive_all(), expected);
  const QueueCounts c = run.stop();
  EXPECT_EQ(c.queued, 150u);
  EXPECT_EQ(c.held, 75u);
  EXPECT_EQ(c.dropped, 75u);
  EXPECT_EQ(c.injected, 15u);
  EXPECT_EQ(c.passed + c.changed, 0u);
  EXPECT_TRUE(c.clean());
}

TEST_F(Nfqueue, ADuplicateIsThePacketAndOneMore) {
  FunctionPath path([](Packet p, Direction toward, Time, Emit& out) {
    Packet twin = p.copy();
    out.send(std::move(p), toward);
    out.send(std::move(twin), toward);
  });
  QueueRun run(lab->router, &path);
  to_server("x");
  EXPECT_THAT(server->receive_all(), ElementsAre("x", "x"));
  const QueueCounts c = run.stop();
  EXPECT_EQ(c.passed, 1u);
  EXPECT_EQ(c.injected, 1u);
  EXPECT_EQ(c.dropped, 0u);
}

TEST_F(Nfqueue, AnswersGoBackwards) {
  FunctionPath path([](Packet p, Direction toward, Time, Emit& out) {
    Packet answer = p.copy();
    const Layout l = layout_of(p.bytes());
    for (size_t i = 0; i < 4; ++i) std::swap(answer.data()[12 + i], answer.data()[16 + i]);
    for (size_t i = 0; i < 2; ++i) std::swap(answer.data()[l.l4 + i], answer.data()[l.l4 + 2u + i]);
    set_udp_text(answer, "got " + udp_text(p));
    out.send(std::move(answer), opposite(toward));
    out.send(std::move(p), toward);
  });
  QueueRun run(lab->router, &path);
  to_server("it");
  EXPECT_EQ(client->receive(), "got it");
  EXPECT_EQ(server->receive(), "it");
  const QueueCounts c = run.stop();
  EXPECT_EQ(c.injected, 1u);
  EXPECT_EQ(c.passed, 1u);
}

TEST_F(Nfqueue, HeldPacketsLeaveLater) {
  std::optional<Packet> held;
  FunctionPath path([&](Packet p, Direction toward, Time, Emit& out) {
    if (udp_text(p) == "first") {
      p.keep();
      held = std::move(p);
      return;
    }
    out.send(std::move(p), toward);
    if (held) out.send(std::move(*held), toward);
    held.reset();
  });
  QueueRun run(lab->router, &path);
  to_server("first");
  to_server("second");
  to_server("third");
  EXPECT_THAT(server->receive_all(), ElementsAre("second", "first", "third"));
  const QueueCounts c = run.stop();
  EXPECT_EQ(c.held, 1u);
  EXPECT_EQ(c.dropped, 0u);
  EXPECT_EQ(c.passed, 2u);
  EXPECT_EQ(c.hits(), 1u);
}

// Holds every packet for 30 ms.
struct Delay : OnPath {
  struct Due {
    Time at;
    Packet packet;
    Direction toward;
  };
  std::deque<Due> due;
  void packet(Packet p, Direction toward, Time now, Emit&) override {
    p.keep();
    due.push_back({now + std::chrono::milliseconds(30), std::move(p), toward});
  }
  std::optional<Time> next_tick() const override { return due.empty() ? std::nullopt : std::optional(due.front().at); }
  void tick(Time now, Emit& out) override {
    for (; !due.empty() && due.front().at <= now; due.pop_front())
      out.send(std::move(due.front().packet), due.front().toward);
  }
  void flush(Emit& out) override { tick(Time::max(), out); }
};

TEST_F(Nfqueue, DeadlinesAreKeptWithoutTraffic) {
  Delay path;
  QueueRun run(lab->router, &path);
  const auto start = std::chrono::steady_clock::now();
  to_server("late");
  EXPECT_EQ(server->receive(), "late");
  const auto took = std::chrono::steady_clock::now() - start;
  EXPECT_GE(took, std::chrono::milliseconds(30));
  EXPECT_LT(took, std::chrono::milliseconds(500));
  to_server("flushed");
  const QueueCounts c = run.stop();
  EXPECT_EQ(server->receive(), "flushed");
  EXPECT_EQ(c.held, 2u);
  EXPECT_EQ(c.dropped, 0u);
}

TEST_F(Nfqueue, TooLongForTheWayOutIsCountedAndNotSent) {
  FunctionPath path([](Packet p, Direction toward, Time, Emit& out) {
    if (udp_text(p) == "verdict") set_udp_text(p, std::string(1473, 'v'));  // 1501 bytes
    if (udp_text(p) == "inject") {
      Packet more = p.copy();
      set_udp_text(more, std::string(1473, 'i'));
      out.send(std::move(more), toward);
    }
    out.send(std::move(p), toward);
  });
  QueueRun run(lab->router, &path);
  to_server("verdict");
  to_server("inject");
  EXPECT_THAT(server->receive_all(), ElementsAre("inject"));
  const QueueCounts c = run.stop();
  EXPECT_EQ(c.oversize, 2u);
  EXPECT_FALSE(c.clean());
}

TEST_F(Nfqueue, LostPacketsAreNeverLostSightOf) {
  FunctionPath path([](Packet p, Direction toward, Time, Emit& out) { out.send(std::move(p), toward); });
  QueueAdapter::Options options;
  options.queue.max_length = 50;
  QueueRun run(lab->router, &path, options, false);  // nobody reads
  burst(200);
  const QueueCounts c = run.stop();
  EXPECT_EQ(c.queued, 50u);
  EXPECT_EQ(c.queue_dropped, 150u);
  EXPECT_FALSE(c.clean());
  EXPECT_EQ(server->receive_all().size(), 50u);  // the lost ones did not slip through
}

TEST_F(Nfqueue, ASmallReceiveBufferIsNoticedToo) {
  FunctionPath path([](Packet p, Direction toward, Time, Emit& out) { out.send(std::move(p), toward); });
  QueueAdapter::Options options;
  options.queue.receive_buffer = 10000;
  QueueRun run(lab->router, &path, options, false);
  burst(200);
  const QueueCounts c = run.stop();
  EXPECT_GT(c.user_dropped, 0u);
  EXPECT_EQ(c.queued + c.user_dropped, 200u);
  EXPECT_FALSE(c.clean());
}

TEST_F(Nfqueue, FragmentsAfterTheFirstAreHandedOnAndCounted) {
  int handed = 0;
  FunctionPath path([&](Packet p, Direction toward, Time, Emit& out) {
    ++handed;
    set_hop_limit(p, layout_of(std::as_const(p).bytes()), 9);
    out.send(std::move(p), toward);
  });
  QueueRun run(lab->router, &path);
  to_server(std::string(4000, 'f'));  // 1480 + 1480 + 1048 bytes
  EXPECT_EQ(server->receive(), std::string(4000, 'f'));
  const QueueCounts c = run.stop();
  EXPECT_EQ(c.queued, 3u);
  EXPECT_EQ(c.later_fragments, 2u);
  EXPECT_EQ(handed, 3);
  EXPECT_EQ(c.changed, 3u);
}

TEST_F(Nfqueue, WithoutAPathEverythingPasses) {
  QueueRun run(lab->router, nullptr);
  to_server("x");
  EXPECT_EQ(server->receive(), "x");
  EXPECT_EQ(run.stop().passed, 1u);
}

TEST_F(Nfqueue, ASecondReaderIsToldWhoHasTheQueue) {
  QueueRun run(lab->router, nullptr);
  try {
    QueueRun second(lab->router, nullptr);
    FAIL() << "bound twice";
  } catch (const std::exception& e) {
    EXPECT_NE(std::string(e.what()).find("another process"), std::string::npos) << e.what();
  }
}

}  // namespace
}  // namespace gauntlet
