// Flows whose SYN no capture has, and no server named: the path says who is the client.
#include <gmock/gmock.h>

#include "scene.hh"

namespace gauntlet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

void talk(Scene& s, uint16_t client_port, uint16_t server_port, std::optional<uint16_t> outside) {
  for (uint32_t k = 0; k < 6; ++k) {
    Tcp up = s.c2s(k * 100, coded(k * 100, 100)), down = s.s2c(0);
    down.ack = 1101 + k * 100;
    up.sport = down.dport = client_port;
    up.dport = down.sport = server_port;
    Tcp sent = down, arrived = up;
    if (outside) {
      arrived.source = sent.destination = "203.0.113.9";
      arrived.sport = sent.dport = *outside;
    }
    s.before_and_behind(Way::c2s, {up}, {arrived});
    s.before_and_behind(Way::s2c, {sent}, {down});
  }
}

TEST(Orient, TheServersPortIsTheHigherOne) {
  Scene s;
  talk(s, 4000, 50000, std::nullopt);
  const Diff d = s.diff();
  EXPECT_THAT(kinds(d), IsEmpty());
  EXPECT_EQ(d.flows[0].client_name, "192.0.2.1:4000 > 198.51.100.1:50000");
  EXPECT_EQ(d.compared, 12u);
}

TEST(Orient, TranslatedToAPortBelowTheServers) {
  Scene s;
  talk(s, 40000, 5000, 1024);
  const Diff d = s.diff();
  EXPECT_THAT(kinds(d), UnorderedElementsAre("addr_rewritten src c2s x6", "port_rewritten sport c2s x6",
                                             "addr_rewritten dst s2c x6", "port_rewritten dport s2c x6"));
  ASSERT_EQ(d.flows.size(), 1u);
  EXPECT_EQ(d.flows[0].server_name, "203.0.113.9:1024 > 198.51.100.1:5000");
}

// One capture has the SYN, and says for both.
TEST(Orient, OneSideBeganLater) {
  Scene s;
  Tcp syn = s.c2s(-1);
  syn.flags = kSyn;
  syn.sport = 4000;
  syn.dport = 50000;
  s.both(Way::c2s, syn);
  s.wait(std::chrono::seconds(1));
  talk(s, 4000, 50000, std::nullopt);
  s.server.erase(s.server.begin());
  EXPECT_THAT(kinds(s.diff()), ElementsAre("dropped c2s x1", "syn_blocked c2s x1"));
}

}  // namespace
}  // namespace gauntlet::test
