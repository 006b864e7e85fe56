// Two nodes and the link between them, in fresh network namespaces: what the plan says is done, and what cannot be done
// is told by node and command.
#include "lab/set_up_nodes.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "io/net_namespace.hh"
#include "io/node_network.hh"
#include "util/error.hh"
#include "util/process.hh"

namespace gauntlet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Holder {
  NetNamespace inside = NetNamespace::fresh();
  Child process{{.arguments = {"sleep", "600"},
                 .out = Stream::null,
                 .net_namespace = inside.fd(),
                 .directory = {},
                 .environment = {}}};
  std::string said_by(std::vector<std::string> tool) const {
    const Output o = run_tool(std::move(tool), std::chrono::seconds(20), inside.fd());
    return o.out + o.err;
  }
};

class SetUpNodes : public testing::Test {
 protected:
  void SetUp() override {
    try {
      a_.emplace();
    } catch (const EnvironmentError& e) {
      GTEST_SKIP() << e.what();
    }
    b_.emplace();
    ASSERT_EQ(a_->said_by({"ip", "link", "add", "name", "a0", "index", "11", "type", "veth", "peer", "name", "b0",
                           "index", "12", "netns", std::to_string(b_->process.pid())}),
              "");
  }
  static Json node(const char* name, const char* interface, const char* address) {
    return {
        {"name", name},
        {"sysctl", {"net.ipv4.ip_forward=1", "net.ipv4.no_such_key_anywhere=7", "net.ipv4.tcp_wmem=4096 65536 65537"}},
        {"offloads", {{"interfaces", {interface}}, {"checksum", false}}},
        {"ip", {fmt("link set %s up", interface), fmt("address add %s dev ", address) + interface}},
        {"commands", Json::array()}};
  }
  static std::string fmt(const char* format, const char* word) {
    std::string text = format;
    return text.replace(text.find("%s"), 2, word);
  }
  Json lab_ = {{"ip", {"ip", "-batch", "-"}},
               {"nodes", {node("a", "a0", "192.0.2.1/30"), node("b", "b0", "192.0.2.2/30")}}};
  void set_up() { set_up_nodes(lab_, {{"a", a_->process.pid()}, {"b", b_->process.pid()}}); }
  std::string refused() {
    try {
      set_up();
    } catch (const std::exception& e) {
      return e.what();
    }
    return "done";
  }

  std::optional<Holder> a_, b_;
};

TEST_F(SetUpNodes, DoesWhatThePlanSays) {
  lab_["nodes"][1]["offloads"]["checksum"] = true;
  lab_["nodes"][1]["commands"] = {{"ip", "route", "add", "198.51.100.0/24", "via", "192.0.2.1"}};
  EXPECT_THAT(a_->inside.run(links_not_up), ElementsAre("a0"));
  set_up();
  for (const auto& node : {&*a_, &*b_}) {
    EXPECT_THAT(node->inside.run(links_not_up), IsEmpty());
    EXPECT_THAT(node->said_by({"sysctl", "-n", "net.ipv4.ip_forward"}), "1\n");
    EXPECT_THAT(node->said_by({"sysctl", "-n", "net.ipv4.tcp_wmem"}), "4096\t65536\t65537\n");
  }
  EXPECT_THAT(b_->said_by({"ip", "route"}), HasSubstr("198.51.100.0/24 via 192.0.2.1"));
  const std::string one = a_->said_by({"ethtool", "-k", "a0"}), other = b_->said_by({"ethtool", "-k", "b0"});
  for (const char* feature : {"\ttx-tcp-segmentation: off", "\ttx-tcp6-segmentation: off",
                              "\ngeneric-segmentation-offload: off", "generic-receive-offload: off"}) {
    EXPECT_THAT(one, HasSubstr(feature));
    EXPECT_THAT(other, HasSubstr(feature));
  }
  EXPECT_THAT(one, HasSubstr("tx-checksumming: off"));
  EXPECT_THAT(other, HasSubstr("tx-checksumming: on"));
}

TEST_F(SetUpNodes, NamesTheNodeAndWhatItRefused) {
  lab_["nodes"][1]["ip"].push_back("route add 198.51.100.0/24 via 203.0.113.9");
  EXPECT_THAT(refused(), testing::AllOf(HasSubstr("b: ip -batch -: "), HasSubstr("Command failed")));
  lab_["nodes"][1] = node("b", "b1", "192.0.2.2/30");
  EXPECT_THAT(refused(), testing::AllOf(HasSubstr("b: "), HasSubstr("b1"), HasSubstr("No such device")));
  lab_["nodes"][1] = node("b", "b0", "192.0.2.6/30");
  lab_["nodes"][1]["sysctl"] = {"net.ipv4.ip_forward=maybe"};
  EXPECT_THAT(refused(), HasSubstr("b: set net.ipv4.ip_forward=maybe"));
  lab_["nodes"][1]["name"] = "c";
  EXPECT_THAT(refused(), HasSubstr("no process for node c"));
}

TEST_F(SetUpNodes, ALinkWhoseOtherEndIsDownIsAnError) {
  lab_["nodes"][1]["ip"] = {"link set lo up"};
  EXPECT_THAT(refused(), HasSubstr("a: does not come up: a0"));
}

// Started by a shell or by Python, the verb has the default SIGPIPE, which ends a writer without a word.
TEST_F(SetUpNodes, AToolThatEndsBeforeItHasReadAllSaysWhyItself) {
  lab_["ip"] = {"sh", "-c", "echo ill >&2; exit 1"};
  for (int i = 0; i < 40000; ++i) lab_["nodes"][0]["ip"].push_back("link set a0 up");  // more than a pipe holds
  const std::string plan = testing::TempDir() + "set_up_nodes_plan.json";
  std::ofstream(plan) << Json{{"lab", lab_}};
  const Output said = run_tool({GAUNTLET_BINARY, "set-up", plan, "a:" + std::to_string(a_->process.pid()),
                                "b:" + std::to_string(b_->process.pid())},
                               std::chrono::seconds(20));
  std::remove(plan.c_str());
  EXPECT_EQ(said.exit.signal, 0);
  EXPECT_EQ(said.exit.code, 3);
  EXPECT_THAT(said.err, HasSubstr("a: sh -c echo ill >&2; exit 1: ill"));
}

}  // namespace
}  // namespace gauntlet
