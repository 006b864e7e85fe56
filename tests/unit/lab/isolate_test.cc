#include "lab/isolate.hh"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>

namespace gauntlet {
namespace {

using testing::HasSubstr;

// Where not even an ordinary user may make namespaces there is nothing to test.
#define START_OR_SKIP(process, isolation) \
  Isolated process;                       \
  try {                                   \
    process = start_isolated(isolation);  \
  } catch (const std::exception& e) {     \
    GTEST_SKIP() << e.what();             \
  }

Isolation shell(const std::string& text) {
  return {.command = {"/bin/sh", "-c", text},
          .directory = "/",
          .log = "/dev/null",
          .keep = {},
          .environment = {"MARK=here"}};
}

bool ended_within(const Isolated& p, int milliseconds) {
  pollfd fd{p.pidfd.get(), POLLIN, 0};
  return ::poll(&fd, 1, milliseconds) == 1;
}

std::string said(const Isolated& p) {
  std::string out;
  std::array<char, 4096> piece;
  for (ssize_t n; (n = ::read(p.output.get(), piece.data(), piece.size())) > 0;)
    out.append(piece.data(), static_cast<size_t>(n));
  return out;
}

TEST(Isolate, HasItsOwnProcessesNetworkAndTemporaryFolder) {
  START_OR_SKIP(p, shell("echo pid $$; ls /tmp | wc -l; ls /proc/sys/net/ipv4/conf | tr '\\n' ' '; echo $MARK"));
  ASSERT_TRUE(ended_within(p, 10'000));
  const std::string text = said(p);
  EXPECT_THAT(text, HasSubstr("pid 2\n0\nall default lo here"));  // process 1 is the init
  ::waitpid(p.pid, nullptr, 0);
}

TEST(Isolate, ClosingTheLifelineEndsEverythingInside) {
  START_OR_SKIP(p, shell("setsid sleep 100 & trap '' TERM HUP; echo ready; sleep 100"));
  while (said(p).empty()) ::usleep(1000);
  EXPECT_FALSE(ended_within(p, 0));
  p.lifeline.reset();
  EXPECT_TRUE(ended_within(p, 2000));
  int status = 0;
  ::waitpid(p.pid, &status, 0);
  // The detached child had our end of the pipe open; its end is ours to see.
  EXPECT_EQ(::fcntl(p.output.get(), F_GETFD) >= 0, true);
  char byte = 0;
  EXPECT_EQ(::read(p.output.get(), &byte, 1), 0);
}

TEST(Isolate, OneWorkersLifelineIsNotHeldByAnother) {
  START_OR_SKIP(first, shell("sleep 100"));
  START_OR_SKIP(second, shell("sleep 100"));
  first.lifeline.reset();
  EXPECT_TRUE(ended_within(first, 2000));
  EXPECT_FALSE(ended_within(second, 0));
  second.lifeline.reset();
  EXPECT_TRUE(ended_within(second, 2000));
  ::waitpid(first.pid, nullptr, 0);
  ::waitpid(second.pid, nullptr, 0);
}

TEST(Isolate, NamesWhatCouldNotBeStarted) {
  Isolation wrong = shell("");
  wrong.command = {"/no/such/program"};
  START_OR_SKIP(p, wrong);
  ASSERT_TRUE(ended_within(p, 10'000));
  EXPECT_THAT(said(p), HasSubstr("worker-not-started: /no/such/program"));
  ::waitpid(p.pid, nullptr, 0);
}

}  // namespace
}  // namespace gauntlet
