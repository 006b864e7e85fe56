#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "io/capture_session.hh"
#include "lab.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

// A folder of its own, gone at the end of scope.
struct Folder {
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "gauntlet-capture-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

// The UDP payloads of a capture file, in order.
std::vector<std::string> datagrams(const std::filesystem::path& file) {
  CaptureReader reader(file.string());
  std::vector<std::string> texts;
  for (Frame f; reader.next(f);) {
    const ConstBytes ip = f.ip();
    if (ip.size() > 28 && ip[0] == 0x45 && ip[9] == 17) texts.emplace_back(ip.begin() + 28, ip.end());
  }
  return texts;
}

struct Capture : testing::Test {
  static void SetUpTestSuite() {
    if (why_no_namespaces().empty()) lab = std::make_unique<TestLab>();
  }
  static void TearDownTestSuite() { lab.reset(); }
  void SetUp() override {
    REQUIRE_NAMESPACES();
    client.emplace(lab->client, "192.0.2.1", 4000);
    server.emplace(lab->server, "198.51.100.1", 5000);
  }
  CaptureSession session(const std::string& interface, const CaptureRing::Options& options = {}) {
    return lab->router.run([&] { return CaptureSession({{"router", interface, 0}}, folder.path.string(), options); });
  }
  inline static std::unique_ptr<TestLab> lab;
  Folder folder;
  std::optional<Udp> client, server;
};

TEST_F(Capture, SeesBothDirectionsOfAnInterfaceInAnotherNamespace) {
  CaptureSession s = session("r1");
  s.begin("one");
  client->send("there", "198.51.100.1", 5000);
  ASSERT_TRUE(server->receive());
  server->send("back", "192.0.2.1", 4000);
  ASSERT_TRUE(client->receive());
  const Json report = *s.end();
  EXPECT_THAT(datagrams(folder.path / "one" / "r1.pcapng"), testing::ElementsAre("there", "back"));
  EXPECT_EQ(report["report"], "capture");
  EXPECT_EQ(report["run"], "one");
  const Json& i = report["interfaces"][0];
  EXPECT_EQ(i["node"], "router");
  EXPECT_EQ(i["iface"], "r1");
  EXPECT_EQ(i["file"], "one/r1.pcapng");
  EXPECT_EQ(i["dropped"], 0);
  EXPECT_EQ(i["truncated"], 0);
  EXPECT_GE(i["frames"], 2);
}

TEST_F(Capture, WhatWasOnTheWireBeforeTheCommandIsInTheOldFile) {
  // Nobody reads the ring between the traffic and the command, and the block is not full: only drain() can get it out.
  CaptureSession s = session("r0");
  for (int round = 0; round < 20; ++round) {
    const std::string name = "run" + std::to_string(round);
    s.begin(name);
    std::vector<std::string> sent;
    for (int i = 0; i <= round; ++i)
      client->send(sent.emplace_back(name + "/" + std::to_string(i)), "198.51.100.1", 5000);
    ASSERT_EQ(server->receive_all(2).size(), sent.size());
    const Json report = *s.end();
    ASSERT_EQ(datagrams(folder.path / name / "r0.pcapng"), sent) << report.dump();
  }
}

TEST_F(Capture, EveryFrameOfABurstIsThere) {
  CaptureSession s = session("r0");
  s.begin("burst");
  std::vector<std::string> sent;
  for (int i = 0; i < 600; ++i)
    client->send(sent.emplace_back(std::to_string(i) + std::string(1000, '.')), "198.51.100.1", 5000);
  const Json report = *s.end();
  EXPECT_TRUE(datagrams(folder.path / "burst" / "r0.pcapng") == sent) << report.dump();
  EXPECT_EQ(report["interfaces"][0]["dropped"], 0);
}

TEST_F(Capture, LostFramesAreCounted) {
  CaptureRing::Options small;
  small.block = 1 << 16;
  small.blocks = 2;
  CaptureSession s = session("r0", small);
  s.begin("lossy");
  for (int i = 0; i < 1000; ++i) client->send(std::string(1400, 'x'), "198.51.100.1", 5000);  // 1.4 MB into 128 KiB
  const Json report = *s.end();
  const auto kept = datagrams(folder.path / "lossy" / "r0.pcapng").size();
  const uint64_t dropped = report["interfaces"][0]["dropped"];
  EXPECT_GT(dropped, 0u);
  EXPECT_LT(kept, 1000u);
  EXPECT_GE(kept + dropped, 1000u);
  EXPECT_LE(kept + dropped, 1010u);  // and the few frames that are not ours
}

TEST_F(Capture, ALinkThatGoesDownDoesNotEndTheCapture) {
  CaptureSession s = session("r0");
  s.begin("down");
  EventLoop loop;
  s.watch(loop);
  ip(lab->router, "link set r0 down");
  for (int i = 0; i < 200; ++i) loop.step(std::chrono::milliseconds(0));  // a busy wait would throw
  ip(lab->router, "link set r0 up");
  EXPECT_TRUE(s.end());
}

TEST_F(Capture, NamesWhatIsNotThere) {
  EXPECT_THROW(session("nonesuch"), UsageError);
  EXPECT_THROW(CaptureSession({{"n", "lo", 0}, {"m", "lo", 0}}, ".", {}), UsageError);
  CaptureSession s = session("r0");
  EXPECT_THROW(s.begin("../elsewhere"), UsageError);
}

TEST(CapturePoint, IsNodeInterfacePid) {
  const CapturePoint p = parse_capture_point("path1.r2:p1r2-c:4711");
  EXPECT_EQ(p.node, "path1.r2");
  EXPECT_EQ(p.interface, "p1r2-c");
  EXPECT_EQ(p.pid, 4711);
  EXPECT_EQ(parse_capture_point("eth0").interface, "eth0");
  for (const char* bad : {"a:b", "a:b:c", "a::7", "a:b:-1", ""})
    EXPECT_THROW(parse_capture_point(bad), UsageError) << bad;
}

}  // namespace
}  // namespace gauntlet
