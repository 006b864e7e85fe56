#include "io/held_namespaces.hh"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "io/net_namespace.hh"
#include "util/error.hh"
#include "util/json.hh"
#include "util/process.hh"

namespace gauntlet {
namespace {

using testing::HasSubstr;

ino_t namespace_of(pid_t pid) {
  struct stat facts {};
  return ::stat(fmt::format("/proc/{}/ns/net", pid).c_str(), &facts) == 0 ? facts.st_ino : 0;
}

// Whoever inherits it may leave it unreaped for a while; then it is in no namespace any more.
bool is_gone(pid_t pid) {
  for (int i = 0; i < 500; ++i, ::usleep(10'000))
    if (namespace_of(pid) == 0) return true;
  return false;
}

std::string line_of(Child& child) {
  std::string line;
  for (char c; ::read(child.out().get(), &c, 1) == 1 && c != '\n';) line += c;
  return line;
}

Child ours(std::vector<std::string> words) {
  words.insert(words.begin(), GAUNTLET_BINARY);
  return Child({.arguments = std::move(words),
                .in = Stream::pipe,
                .out = Stream::pipe,
                .err = Stream::pipe,
                .directory = {},
                .environment = {}});
}

#define HOLD_OR_SKIP(count)             \
  std::optional<HeldNamespaces> held;   \
  try {                                 \
    held.emplace(count);                \
  } catch (const EnvironmentError& e) { \
    GTEST_SKIP() << e.what();           \
  }

TEST(HeldNamespaces, EachIsOfItsOwnAndGoesWithTheObject) {
  HOLD_OR_SKIP(3);
  const auto pids = held->pids();
  std::set<ino_t> all{namespace_of(::getpid())};
  for (const pid_t pid : pids) all.insert(namespace_of(pid));
  EXPECT_EQ(all.size(), 4u);
  EXPECT_FALSE(all.contains(0));
  held.reset();
  for (const pid_t pid : pids) EXPECT_EQ(namespace_of(pid), 0u);
}

// `kill -9` included.
TEST(HeldNamespaces, GoWithTheProgramThatHoldsThem) {
  HOLD_OR_SKIP(1);
  for (const int how : {0, SIGTERM, SIGKILL}) {
    Child nodes = ours({"nodes", "2"});
    const Json said = Json::parse(line_of(nodes));
    const std::vector<pid_t> pids = said.at("pids");
    ASSERT_EQ(pids.size(), 2u);
    EXPECT_NE(namespace_of(pids[0]), namespace_of(pids[1]));
    if (how == 0)
      nodes.in().reset();
    else
      nodes.signal(how);
    EXPECT_EQ(nodes.wait().signal, how);
    for (const pid_t pid : pids) EXPECT_TRUE(is_gone(pid));
  }
}

// The server finds an address that is only there.
TEST(HeldNamespaces, AVerbGoesThere) {
  HOLD_OR_SKIP(1);
  const pid_t pid = held->pids().front();
  const NetNamespace inside = NetNamespace::of(pid);
  for (const auto& words : std::vector<std::vector<std::string>>{{"ip", "link", "set", "lo", "up"},
                                                                 {"ip", "address", "add", "192.0.2.9/32", "dev", "lo"}})
    ASSERT_TRUE(run_tool(words, std::chrono::seconds(20), inside.fd()).exit.ok());
  const std::vector<std::string> serve{"serve", "--once",  "--bind", "192.0.2.9", "--port",
                                       "5001",  "--proto", "tcp",    "--limit",   "10000"};
  std::vector<std::string> there{"--netns-of", std::to_string(pid)};
  there.insert(there.end(), serve.begin(), serve.end());
  Child in_it = ours(there);
  EXPECT_THAT(line_of(in_it), HasSubstr("listening"));
  in_it.signal(SIGTERM);
  Child here = ours(serve);
  const Output o = collect(here, serve, std::chrono::seconds(20));
  EXPECT_THAT(o.out + o.err, testing::Not(HasSubstr("listening")));
}

TEST(HeldNamespaces, WhatCannotBeIsSaid) {
  for (const auto& [words, error] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"nodes"}, "say how many"},
           {{"nodes", "0"}, "COUNT 0: a number from 1 to 1000"},
           {{"nodes", "1001"}, "COUNT 1001: a number"},
           {{"--netns-of", "me", "version"}, "--netns-of me: a number"},
           {{"--netns-of"}, ""}}) {
    Child child = ours(words);
    const Output o = collect(child, words, std::chrono::seconds(20));
    EXPECT_EQ(o.exit.code, 2) << fmt::format("{}", words.front());
    EXPECT_THAT(o.err, HasSubstr(error));
  }
  Child child = ours({"--netns-of", "999999999", "version"});
  const Output o = collect(child, {"version"}, std::chrono::seconds(20));
  EXPECT_EQ(o.exit.code, 3);
  EXPECT_THAT(o.err, HasSubstr("there is no such process"));
}

}  // namespace
}  // namespace gauntlet
