// Somebody else's program as an endpoint: its words, what it says, and that nothing of it stays.
#include <gmock/gmock.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "io/endpoint_command.hh"
#include "io/endpoint_linger.hh"
#include "io/process_tree.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;

TEST(Command, IsWordsOrAJsonList) {
  EXPECT_THAT(parse_command("  iperf3 -s\t-1 "), ElementsAre("iperf3", "-s", "-1"));
  EXPECT_THAT(parse_command(R"( ["prog", "a b", ""])"), ElementsAre("prog", "a b", ""));
}

TEST(Command, ThatIsNoneIsNamed) {
  for (const char* text : {"", "   ", "[]", "[1]", "[\"prog\"", "[\"\"]"})
    EXPECT_THROW(parse_command(text), UsageError) << text;
}

TEST(Command, PlaceholdersAreFilledAndUnknownOnesRefused) {
  const std::vector<std::string> values{"port=5001", "address=2001:db8::1", "a=x=y"};
  EXPECT_THAT(fill_command({"-p{port}", "{address}/{port}", "{a}"}, values),
              ElementsAre("-p5001", "2001:db8::1/5001", "x=y"));
  EXPECT_THAT(fill_command({"{ {port}", "{}", "{\"port\": {port}}", "{X}"}, values),
              ElementsAre("{ 5001", "{}", "{\"port\": 5001}", "{X}"));
  EXPECT_THROW(fill_command({"{ports}"}, values), UsageError);
}

TEST(Command, OnlyObjectsAreHeard) {
  EXPECT_TRUE(said_in("Connecting to host").is_null());
  EXPECT_TRUE(said_in("[1]").is_null());
  EXPECT_EQ(said_in(R"({"report":"x"})")["report"], "x");
}

TEST(Listener, IsFoundByStateAndLocalPort) {
  constexpr const char* kHead = "  sl  local_address rem_address   st\n";
  const std::string listening = std::string(kHead) + "   0: 0100007F:1389 00000000:0000 0A 00000000\n";
  const std::string connected = std::string(kHead) + "   0: 0100007F:1389 0100007F:9C40 01 00000000\n";
  EXPECT_TRUE(has_listener(listening, 5001));
  EXPECT_FALSE(has_listener(listening, 5002));
  EXPECT_FALSE(has_listener(connected, 5001));
}

bool alive(pid_t pid) { return ::kill(pid, 0) == 0; }

pid_t number_in(Fd& out) {
  std::string text;
  for (char c = 0; ::read(out.get(), &c, 1) == 1 && c != '\n';) text += c;
  return text.empty() ? -1 : std::stoi(text);
}

// Starts a process that leaves its session, tells its number, and outlives the program.
constexpr const char* kRunaway = R"(
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        print(os.getpid(), flush=True)
        time.sleep(1000)
    os._exit(0)
time.sleep(%s)
)";

std::vector<std::string> runaway(const char* seconds_more) {
  std::string code = kRunaway;
  code.replace(code.find("%s"), 2, seconds_more);
  return {"/usr/bin/python3", "-c", code};
}

TEST(ProcessTree, EndsWithWhatLeftItsSession) {
  ProcessTree tree(runaway("1000"), {}, "");
  const pid_t lost = number_in(tree.out());
  ASSERT_GT(lost, 1);
  ASSERT_TRUE(alive(lost));
  EXPECT_EQ(tree.end(milliseconds(100)).signal, SIGTERM);
  EXPECT_FALSE(alive(lost));
}

TEST(ProcessTree, EndsWithWhatOutlivedTheProgram) {
  pid_t lost = -1;
  {
    ProcessTree tree(runaway("0"), {}, "");
    lost = number_in(tree.out());
    ASSERT_GT(lost, 1);
    for (int i = 0; i < 2000 && !tree.exited(); ++i) std::this_thread::sleep_for(milliseconds(5));
    ASSERT_TRUE(alive(lost));
  }
  EXPECT_FALSE(alive(lost));
}

TEST(ProcessTree, HasItsEnvironmentAndDirectory) {
  ::setenv("GAUNTLET_TEST_PORT", "1", 1);
  ProcessTree tree({"/usr/bin/python3", "-c",
                    "import os; print(os.environ['GAUNTLET_TEST_PORT'] == '77' and os.getcwd() == '/proc' and 5 or 0)"},
                   {"GAUNTLET_TEST_PORT=77"}, "/proc");
  EXPECT_EQ(number_in(tree.out()), 5);
  for (int i = 0; i < 2000 && !tree.exited(); ++i) std::this_thread::sleep_for(milliseconds(5));
  EXPECT_TRUE(tree.end(Duration(0)).ok());
  ::unsetenv("GAUNTLET_TEST_PORT");
}

}  // namespace
}  // namespace gauntlet
