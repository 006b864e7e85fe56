// The endpoint pair over real sockets, all well: two subflows, plain TCP, fallback.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "endpoint_pair.hh"
#include "lab.hh"
#include "payload/payload.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

namespace fs = std::filesystem;

class TempFolder {
 public:
  TempFolder() : path_((fs::temp_directory_path() / "gauntlet-XXXXXX").string()) {
    if (::mkdtemp(path_.data()) == nullptr) throw SystemError("make a folder", errno);
  }
  ~TempFolder() { fs::remove_all(path_); }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

std::vector<uint8_t> contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void expect_clean(const Json& r, uint64_t sent, uint64_t received) {
  SCOPED_TRACE(r.dump(1));
  ASSERT_TRUE(r.contains("result"));
  EXPECT_EQ(r["phase"], "done");
  EXPECT_EQ(r["result"], "ok");
  EXPECT_EQ(r["errno"], 0);
  EXPECT_EQ(r["close"], "clean");
  EXPECT_EQ(r["eof"], true);
  EXPECT_EQ(r["sent"], sent);
  EXPECT_EQ(r["received"], received);
  EXPECT_EQ(r["wrong_bytes"], 0);
  EXPECT_TRUE(r["first_wrong"].is_null());
  EXPECT_EQ(r["stalled"], false);
  EXPECT_EQ(r["sockets_gone"], true);
  EXPECT_EQ(r["extra_connections"], 0);
}

const Json& sample_at(const Json& report, const std::string& at) {
  static const Json none;
  for (const Json& s : report["samples"]) {
    if (s["at"] == at) return s;
  }
  return none;
}

void expect_two_subflows(const Json& r) {
  SCOPED_TRACE(r.dump(1));
  EXPECT_EQ(r["subflows_wanted"], 2);
  EXPECT_EQ(r["subflows_seen"], 2);
  for (const char* at : {"half", "end"}) {
    const Json& s = sample_at(r, at);
    ASSERT_TRUE(s.is_object()) << at;
    EXPECT_EQ(s["is_mptcp"], true);
    EXPECT_EQ(s["mptcp_info"]["mptcpi_subflows_total"], 2);
    EXPECT_EQ(s["full_info"]["num_subflows"], 2);
    EXPECT_EQ(s["full_info"]["subflows"].size(), 2u);
  }
}

// What `ip mptcp monitor` would show: the connection, its second subflow with both addresses, and the end of both.
TEST(EndpointPair, TellsWhatTheKernelTellsOfMptcp) {
  REQUIRE_NAMESPACES();
  const TwoPaths net;
  EndpointPlan plan = server_plan();
  plan.subflows = 2;
  const Reports r = run_pair(net, plan);
  for (const Json* report : {&r.client, &r.server}) {
    const Json& events = (*report)["events"];
    ASSERT_TRUE(events.is_array()) << report->dump(1);
    std::multiset<std::string> names, tokens;
    const Json* joined = nullptr;
    for (const Json& e : events) {
      names.insert(e["event"].get<std::string>());
      if (e.contains("token")) tokens.insert(e["token"].get<std::string>());
      if (e["event"] == "SF_ESTABLISHED") joined = &e;
    }
    for (const char* name : {"CREATED", "ESTABLISHED", "SF_ESTABLISHED", "CLOSED"})
      EXPECT_EQ(names.count(name), 1u) << events.dump(1);
    ASSERT_NE(joined, nullptr);
    const bool client = report == &r.client;
    EXPECT_EQ((*joined)["source"], client ? "192.0.2.33" : "192.0.2.2");
    EXPECT_EQ((*joined)[client ? "dport" : "sport"], 5000);
    EXPECT_EQ(std::set<std::string>(tokens.begin(), tokens.end()).size(), 1u) << "one connection, one token";
  }
}

TEST(EndpointPair, TwoSubflowsInEveryLoadAndFamily) {
  REQUIRE_NAMESPACES();
  const TwoPaths net;
  const TempFolder folder;
  struct Row {
    EndpointLoad load;
    bool v6;
    uint64_t up, down;
  };
  for (const Row& row :
       {Row{EndpointLoad::paced, false, 50'000, 30'000}, Row{EndpointLoad::bulk, true, 2'000'000, 1'000'000},
        Row{EndpointLoad::pingpong, false, 20'000, 45'500}, Row{EndpointLoad::paced, true, 0, 20'000}}) {
    SCOPED_TRACE(std::string(name_of(row.load)) + (row.v6 ? " ipv6" : " ipv4"));
    EndpointPlan plan = server_plan();
    plan.load = row.load;
    plan.up = row.up;
    plan.down = row.down;
    plan.subflows = 2;
    plan.congestion = "reno";
    if (row.v6) plan.bind = "2001:db8:1::2";
    EndpointPlan other = client_of(plan);
    plan.received = folder.file("server");
    other.received = folder.file("client");
    const Reports r = run_pair(net, plan, other);
    expect_clean(r.client, row.up, row.down);
    expect_clean(r.server, row.down, row.up);
    expect_two_subflows(r.client);
    expect_two_subflows(r.server);
    EXPECT_EQ(r.client["family"], row.v6 ? "ipv6" : "ipv4");
    EXPECT_EQ(r.client["counters"]["delta"]["MPJoinSynTx"], 1);
    EXPECT_EQ(r.server["counters"]["delta"]["MPJoinAckRx"], 1);
    EXPECT_EQ(r.server["counters"]["delta"]["MPCapableACKRX"], 1);
    EXPECT_EQ(r.client["counters"]["delta"]["MPCapableACKRX"], 0);
    EXPECT_LT(r.client["subflows_waited_ms"], 1500);
    EXPECT_EQ(contents(plan.received), (Payload{StreamDirection::c2s, 0x2a}.make(0, row.up)));
    EXPECT_EQ(contents(other.received), (Payload{StreamDirection::s2c, 0x2a}.make(0, row.down)));
  }
}

TEST(EndpointPair, PlainTcpIsTheControl) {
  REQUIRE_NAMESPACES();
  const TwoPaths net;
  EndpointPlan plan = server_plan();
  plan.mptcp = false;
  plan.subflows = 2;
  const Reports r = run_pair(net, plan);
  expect_clean(r.client, 50'000, 50'000);
  expect_clean(r.server, 50'000, 50'000);
  for (const Json& report : {r.client, r.server}) {
    EXPECT_EQ(report["proto"], "tcp");
    EXPECT_EQ(report["subflows_waited_ms"], 0);
    EXPECT_EQ(report["samples"].size(), 3u);
    for (const Json& s : report["samples"]) {
      EXPECT_EQ(s["is_mptcp"], false);
      EXPECT_TRUE(s["mptcp_info"].is_null());
      EXPECT_TRUE(s["full_info"].is_null());
    }
    EXPECT_FALSE(report["counters"]["delta"].contains("MPCapableSYNTX") &&
                 report["counters"]["delta"]["MPCapableSYNTX"] != 0);
  }
}

TEST(EndpointPair, FallbackEndsTheWaitForSubflows) {
  REQUIRE_NAMESPACES();
  const TwoPaths net;
  EndpointPlan plan = server_plan();
  plan.mptcp = false;
  EndpointPlan other = client_of(plan);
  other.mptcp = true;
  other.subflows = 2;
  const Reports r = run_pair(net, plan, other);
  expect_clean(r.client, 50'000, 50'000);
  EXPECT_EQ(r.client["counters"]["delta"]["MPCapableFallbackSYNACK"], 1);
  EXPECT_EQ(sample_at(r.client, "end")["is_mptcp"], false);
  EXPECT_TRUE(sample_at(r.client, "end")["mptcp_info"].is_null());
  EXPECT_LT(r.client["subflows_waited_ms"], 500);
  EXPECT_EQ(r.client["subflows_seen"], 0);
}

TEST(EndpointPair, WaitsNoLongerThanItsLimitAndNotAtAllWhenToldSo) {
  REQUIRE_NAMESPACES();
  const TwoPaths net;
  EndpointPlan plan = server_plan();
  plan.subflows = 5;
  plan.subflow_wait = std::chrono::milliseconds(300);
  Reports r = run_pair(net, plan);
  expect_clean(r.client, 50'000, 50'000);
  EXPECT_EQ(r.client["subflows_seen"], 2);
  EXPECT_GE(r.client["subflows_waited_ms"], 300);
  EXPECT_LT(r.client["subflows_waited_ms"], 1000);
  plan.wait = false;
  r = run_pair(net, plan);
  expect_clean(r.client, 50'000, 50'000);
  EXPECT_EQ(r.client["subflows_waited_ms"], 0);
  EXPECT_EQ(r.client["subflows_wanted"], 5);
}

TEST(EndpointPair, PrefaceIsPartOfTheStream) {
  REQUIRE_NAMESPACES();
  const TwoPaths net;
  EndpointPlan plan = server_plan();
  plan.subflows = 2;
  plan.preface_up = "USER x\r\nPORT 1,2\r\n";  // 18 bytes
  const Reports r = run_pair(net, plan);
  expect_clean(r.client, 50'018, 50'000);
  expect_clean(r.server, 50'000, 50'018);
  expect_two_subflows(r.server);
}

TEST(EndpointPair, NothingToSendIsCleanToo) {
  REQUIRE_NAMESPACES();
  const TwoPaths net;
  EndpointPlan plan = server_plan();
  plan.up = plan.down = 0;
  const Reports r = run_pair(net, plan);
  expect_clean(r.client, 0, 0);
  expect_clean(r.server, 0, 0);
}

}  // namespace
}  // namespace gauntlet
