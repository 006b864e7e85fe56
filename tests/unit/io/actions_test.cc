// Actions in mid-stream, and what they leave on the wire and in the reports.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "endpoint_pair.hh"
#include "io/endpoint_actions.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

TEST(Action, IsReadOrRefused) {
  const EndpointAction a = parse_action(R"({"after":7,"do":"backup","tool":["ip","x"],"must_say":true})");
  EXPECT_EQ(a.after, 7u);
  EXPECT_EQ(a.tool.size(), 2u);
  EXPECT_TRUE(a.must_say);
  EXPECT_TRUE(parse_action(R"({"after":0,"do":"fastclose"})").tool.empty());
  EXPECT_EQ(parse_action(R"({"after":0,"do":"close"})").name, "close");
  for (const char* bad : {"", "fastclose", "{}", R"({"after":1,"do":"backup"})", R"({"after":"x","do":"fastclose"})"})
    EXPECT_THROW(parse_action(bad), UsageError) << bad;
}

TEST(Actions, HappenOnceAtTheirByte) {
  EndpointActions actions(
      {{100, "one", {"true"}, false}, {100, "two", {"echo", "killed"}, true}, {300, "fastclose", {}, false}});
  EXPECT_EQ(actions.step(99, 1), "");
  EXPECT_TRUE(actions.done().empty());
  EXPECT_EQ(actions.step(150, 2), "");
  ASSERT_EQ(actions.done().size(), 2u);
  EXPECT_EQ(actions.done()[1]["said"], "killed\n");
  EXPECT_EQ(actions.done()[1]["sent"], 150);
  EXPECT_EQ(actions.step(200, 3), "");
  EXPECT_EQ(actions.step(300, 4), "fastclose");
  EXPECT_EQ(actions.step(400, 5), "");
  EXPECT_EQ(actions.done().size(), 3u);
}

TEST(Actions, ThatDidNotHappenAreAnError) {
  EXPECT_THROW(EndpointActions({{0, "a", {"false"}, false}}).step(0, 0), EnvironmentError);
  EXPECT_THROW(EndpointActions({{0, "a", {"true"}, true}}).step(0, 0), EnvironmentError);  // it said nothing
}

TEST(Close, InMidStreamLeavesTheRestToTheKernel) {
  const TwoPaths net;
  EndpointPlan server = server_plan();
  server.mptcp = false;
  EndpointPlan client = client_of(server);
  client.actions = {{10'000, "close", {}, false}};
  const Reports r = run_pair(net, server, client);
  EXPECT_EQ(r.client["close"], "closed") << r.client;
  EXPECT_EQ(r.client["result"], "failed");
  EXPECT_LT(r.client["sent"].get<int>(), 50'000);
  EXPECT_NE(r.server["result"], "ok") << r.server;
  EXPECT_EQ(r.client["counters"]["delta"].value("MPFastcloseTx", 0), 0);
}

// Who ends its stream first ends up in TIME-WAIT, the other one does not (RFC 9293 3.3.2): with plain TCP as it is.
TEST(Close, OfTheOneThatWaitsLeavesNoTimeWait) {
  for (const bool server_first : {true, false}) {
    const TwoPaths net;
    EndpointPlan server = server_plan();
    server.mptcp = false;
    EndpointPlan client = client_of(server);
    (server_first ? client : server).closes_last = true;
    const Reports r = run_pair(net, server, client);
    EXPECT_EQ(r.client["result"], "ok") << r.client;
    const Json &first = server_first ? r.server : r.client, &last = server_first ? r.client : r.server;
    EXPECT_EQ(first["counters"]["delta"].value("TW", 0), 1) << first;
    EXPECT_EQ(last["counters"]["delta"].value("TW", 0), 0) << last;
  }
}

TEST(FastClose, EndsBothEndsAtOnceAndIsToldByTheKernel) {
  const TwoPaths net;
  const EndpointPlan server = server_plan();
  EndpointPlan client = client_of(server);
  client.actions = {{10'000, "fastclose", {}, false}};
  const Reports r = run_pair(net, server, client);
  EXPECT_EQ(r.client["close"], "fastclose") << r.client;
  EXPECT_GE(r.client["sent"].get<int>(), 10'000);
  EXPECT_LT(r.client["sent"].get<int>(), 50'000);
  EXPECT_EQ(r.server["close"], "reset") << r.server;
  // At least one; RFC 8684 3.5 leaves open on how many segments it goes.
  EXPECT_GE(r.client["counters"]["delta"]["MPFastcloseTx"], 1);
  EXPECT_GE(r.server["counters"]["delta"]["MPFastcloseRx"], 1);
  std::vector<std::string> names;
  for (const Json& e : r.client["events"]) names.push_back(e["event"]);
  EXPECT_THAT(names, testing::IsSupersetOf({"CREATED", "ESTABLISHED", "CLOSED"}));
}

}  // namespace
}  // namespace gauntlet
