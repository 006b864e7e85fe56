#include "util/process.hh"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

#include "util/error.hh"

namespace gauntlet {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Spawn of(std::vector<std::string> arguments) {
  Spawn s;
  s.arguments = std::move(arguments);
  return s;
}

TEST(Process, TellsTheExitCode) {
  Child child(of({"sh", "-c", "exit 7"}));
  const Exit e = child.wait();
  EXPECT_EQ(e.code, 7);
  EXPECT_EQ(e.signal, 0);
  EXPECT_FALSE(e.ok());
  EXPECT_EQ(child.wait(seconds(1))->code, 7);  // asking again changes nothing
}

TEST(Process, NamesTheProgramThatIsNotThere) {
  try {
    Child child(of({"no-such-program-at-all"}));
    FAIL() << "started";
  } catch (const SystemError& e) {
    EXPECT_EQ(e.code().value(), ENOENT);
    EXPECT_NE(std::string(e.what()).find("no-such-program-at-all"), std::string::npos);
  }
}

TEST(Process, PipesCarryBothWays) {
  Spawn s = of({"cat"});
  s.in = s.out = Stream::pipe;
  Child child(s);
  ASSERT_EQ(::write(child.in().get(), "abc\n", 4), 4);
  char buffer[16] = {};
  EXPECT_EQ(::read(child.out().get(), buffer, sizeof buffer), 4);
  EXPECT_EQ(std::string(buffer), "abc\n");
  child.in().reset();
  EXPECT_TRUE(child.wait(seconds(5)).has_value());
}

TEST(Process, WaitIsBounded) {
  Child child(of({"sleep", "60"}));
  EXPECT_FALSE(child.wait(milliseconds(20)).has_value());
  EXPECT_EQ(child.terminate(seconds(5)).signal, SIGTERM);
}

TEST(Process, KillsWhatIgnoresTermination) {
  Spawn s = of({"sh", "-c", "trap '' TERM; echo set; while :; do sleep 0.05; done"});
  s.out = Stream::pipe;
  Child child(s);
  char c;
  ASSERT_EQ(::read(child.out().get(), &c, 1), 1);
  EXPECT_EQ(child.terminate(milliseconds(50)).signal, SIGKILL);
}

TEST(Process, NothingIsLeftAtTheEndOfScope) {
  pid_t pid;
  {
    Child child(of({"sleep", "60"}));
    pid = child.pid();
    EXPECT_EQ(::kill(pid, 0), 0);
  }
  EXPECT_EQ(::kill(pid, 0), -1);
  EXPECT_EQ(errno, ESRCH);
}

TEST(Process, TheChildInheritsOnlyStandardStreams) {
  const Fd held(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const Output o = run_tool({"ls", "/proc/self/fd"});
  EXPECT_EQ(o.out, "0\n1\n2\n3\n");  // 3 is the folder that ls reads
}

TEST(Process, ToolsOutputIsCollected) {
  const Output o = run_tool({"sh", "-c", "echo out; echo err >&2; exit 3"});
  EXPECT_EQ(o.out, "out\n");
  EXPECT_EQ(o.err, "err\n");
  EXPECT_EQ(o.exit.code, 3);
  EXPECT_EQ(to_text(o.exit), "exit code 3");
  EXPECT_THROW(run_tool({"sleep", "60"}, milliseconds(30)), EnvironmentError);
}

}  // namespace
}  // namespace gauntlet
