// The program itself: `gauntlet box` and `gauntlet capture` as the lab and as a person start them.
#include <gmock/gmock.h>
#include <unistd.h>

#include <fmt/core.h>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "lab.hh"
#include "util/json.hh"
#include "util/process.hh"

namespace gauntlet {
namespace {

using std::chrono::seconds;

Spawn gauntlet_in(const NetNamespace& where, std::vector<std::string> words) {
  Spawn s;
  s.arguments = {GAUNTLET_BINARY};
  s.arguments.insert(s.arguments.end(), words.begin(), words.end());
  s.in = s.out = s.err = Stream::pipe;
  s.net_namespace = where.fd();
  return s;
}

// One line from a pipe; empty at its end.
std::string line_of(const Fd& from) {
  std::string line;
  for (char c; ::read(from.get(), &c, 1) == 1 && c != '\n';) line += c;
  return line;
}

Json ask(Child& child, const std::string& command) {
  const std::string text = command + "\n";
  EXPECT_EQ(::write(child.in().get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  return Json::parse(line_of(child.out()));
}

bool has_rule(const NetNamespace& where) { return iptables_rules(where).find("NFQUEUE") != std::string::npos; }

struct Live : testing::Test {
  static void SetUpTestSuite() {
    if (why_no_namespaces().empty()) lab = std::make_unique<TestLab>();
  }
  static void TearDownTestSuite() { lab.reset(); }
  void SetUp() override {
    REQUIRE_NAMESPACES();
    iptables(lab->router, "-F FORWARD");
    client.emplace(lab->client, "192.0.2.1", 4000);
    server.emplace(lab->server, "198.51.100.1", 5000);
  }
  void to_server(const std::string& text) { client->send(text, "198.51.100.1", 5000); }
  Child person() {  // as a person would start it; returns when it is at work
    Child child(gauntlet_in(lab->router,
                            {"box", "pass", "--queue", "3", "--client-side", "r0", "--add-rule", "FORWARD -p udp"}));
    const std::string first = line_of(child.err());
    EXPECT_NE(first.find("queue 3"), std::string::npos) << first;
    return child;
  }
  inline static std::unique_ptr<TestLab> lab;
  std::optional<Udp> client, server;
};

TEST_F(Live, TerminationReportsAndLeavesNoRule) {
  Child child = person();
  EXPECT_TRUE(has_rule(lab->router));
  to_server("x");
  EXPECT_EQ(server->receive(), "x");
  child.signal(SIGUSR1);
  EXPECT_EQ(Json::parse(line_of(child.out()))["adapter"]["queued"], 1);
  to_server("y");
  EXPECT_EQ(server->receive(), "y");
  child.signal(SIGTERM);
  const Json report = Json::parse(line_of(child.out()));
  EXPECT_EQ(child.wait(seconds(5))->code, 0) << line_of(child.err());
  EXPECT_FALSE(has_rule(lab->router));
  EXPECT_EQ(report["report"], "box");
  EXPECT_EQ(report["spec"], Json::array({"pass"}));
  EXPECT_EQ(report["adapter"]["queued"], 2);
  EXPECT_EQ(report["adapter"]["passed"], 2);
  EXPECT_EQ(report["hits"], 0);
  to_server("z");  // and the router forwards as before
  EXPECT_EQ(server->receive(), "z");
}

TEST_F(Live, NoRuleSurvivesAKill) {
  Child child = person();
  EXPECT_TRUE(has_rule(lab->router));
  child.signal(SIGKILL);
  child.wait();
  for (int i = 0; i < 100 && has_rule(lab->router); ++i) ::usleep(20000);
  EXPECT_FALSE(has_rule(lab->router));
}

TEST_F(Live, LinesSteerIt) {
  iptables(lab->router, "-A FORWARD -p udp -j NFQUEUE --queue-num 0");
  Child child(gauntlet_in(lab->router, {"box", "pass", "--queue", "0", "--client-side", "r0", "--control", "--node",
                                        "path1.r1", "--seed", "0x9f3c"}));
  EXPECT_EQ(Json::parse(line_of(child.out()))["event"], "ready");
  EXPECT_EQ(ask(child, "run baseline pass"), Json({{"event", "started"}}));
  to_server("one");
  EXPECT_EQ(server->receive(), "one");
  EXPECT_TRUE(ask(child, "run").contains("error"));
  const Json baseline = ask(child, "run mptcp box");
  EXPECT_EQ(baseline["run"], "baseline");
  EXPECT_EQ(baseline["mode"], "pass");
  EXPECT_EQ(baseline["node"], "path1.r1");
  EXPECT_EQ(baseline["seed"], "0000000000009f3c");
  EXPECT_EQ(baseline["adapter"]["queued"], 1);
  for (int i = 0; i < 3; ++i) {
    to_server("two");
    EXPECT_EQ(server->receive(), "two");
  }
  const Json last = ask(child, "stop");
  EXPECT_EQ(last["run"], "mptcp");
  EXPECT_EQ(last["mode"], "box");
  EXPECT_EQ(last["adapter"]["queued"], 3);  // counted from zero
  EXPECT_EQ(last["boxes"].size(), 1u);
  for (const char* key : {"overrun", "queue_dropped", "user_dropped", "inject_failed", "refused", "oversize"}) {
    EXPECT_EQ(last["adapter"][key], 0) << key;
  }
  EXPECT_EQ(child.wait(seconds(5))->code, 0);
}

TEST_F(Live, TheEndOfInputStopsIt) {
  Child child(gauntlet_in(lab->router, {"box", "pass", "--queue", "0", "--client-side", "r0", "--control"}));
  EXPECT_EQ(Json::parse(line_of(child.out()))["event"], "ready");
  child.in().reset();
  EXPECT_EQ(child.wait(seconds(5))->code, 0);
}

TEST_F(Live, SaysWhatIsWrong) {
  for (const auto& [words, code, text] :
       {std::tuple(std::vector<std::string>{"box", "pass", "--queue", "0"}, 2, "--client-side"),
        std::tuple(std::vector<std::string>{"box", "pass", "--queue", "0", "--client-side", "no"}, 2, "no: not in"),
        std::tuple(std::vector<std::string>{"capture", "nonesuch"}, 2, "nonesuch")}) {
    Child child(gauntlet_in(lab->router, words));
    const std::string said = line_of(child.err());
    EXPECT_NE(said.find(text), std::string::npos) << said;
    EXPECT_EQ(child.wait(seconds(5))->code, code);
  }
}

TEST_F(Live, CapturesSeveralNodesFromOutside) {
  // A process in each node, as the lab has; the capture itself runs in this namespace.
  Spawn sleeper;
  sleeper.arguments = {"sleep", "60"};
  sleeper.net_namespace = lab->client.fd();
  Child in_client(sleeper);
  sleeper.net_namespace = lab->server.fd();
  Child in_server(sleeper);
  std::string folder = (std::filesystem::temp_directory_path() / "gauntlet-live-XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  Child child(gauntlet_in(NetNamespace::current(),
                          {"capture", "--control", "--dir", folder, fmt::format("client:c0:{}", in_client.pid()),
                           fmt::format("server:s0:{}", in_server.pid())}));
  EXPECT_EQ(Json::parse(line_of(child.out()))["event"], "ready");
  EXPECT_EQ(ask(child, "run tcp"), Json({{"event", "started"}}));
  to_server("x");
  EXPECT_EQ(server->receive(), "x");
  const Json report = ask(child, "stop");
  EXPECT_EQ(report["run"], "tcp");
  EXPECT_EQ(report["interfaces"][1]["node"], "server");
  EXPECT_GE(report["interfaces"][1]["frames"], 1);
  EXPECT_TRUE(std::filesystem::exists(folder + "/tcp/c0.pcapng"));
  EXPECT_TRUE(std::filesystem::exists(folder + "/tcp/s0.pcapng"));
  EXPECT_EQ(child.wait(seconds(5))->code, 0);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace gauntlet
