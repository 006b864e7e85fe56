#include <gtest/gtest.h>

#include "io/queue_rule.hh"
#include "io/verdict_probe.hh"
#include "lab.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

TEST(VerdictProbe, FindsThisKernelHonest) {
  REQUIRE_NAMESPACES();
  probe_verdicts();  // throws, naming the verdict, where the kernel is not
}

TEST(QueueRule, LivesAsLongAsItsObject) {
  REQUIRE_NAMESPACES();
  const NetNamespace n = NetNamespace::fresh();
  n.run([&] {
    QueueRule rule("FORWARD -p tcp", 7);
    EXPECT_EQ(rule.warning(), "");
    EXPECT_NE(iptables_rules(n).find("-A FORWARD -p tcp -j NFQUEUE --queue-num 7"), std::string::npos)
        << iptables_rules(n);
    EXPECT_EQ(iptables_rules(n).find("bypass"), std::string::npos);
  });
  EXPECT_EQ(iptables_rules(n).find("NFQUEUE"), std::string::npos);
}

TEST(QueueRule, OneFamilyMayNotKnowTheAddresses) {
  REQUIRE_NAMESPACES();
  const NetNamespace n = NetNamespace::fresh();
  n.run([&] {
    QueueRule rule("-t mangle PREROUTING -s 192.0.2.1", 7);
    EXPECT_NE(rule.warning().find("ip6tables"), std::string::npos);
    rule.remove();
  });
}

TEST(QueueRule, RefusesWhatIsNotAMatch) {
  REQUIRE_NAMESPACES();
  for (const char* bad : {"", "-p tcp", "FORWARD -p tcp -j ACCEPT", "FORWARD --queue-bypass"}) {
    EXPECT_THROW(QueueRule(bad, 0), UsageError) << bad;
  }
  const NetNamespace n = NetNamespace::fresh();
  n.run([&] { EXPECT_THROW(QueueRule("NOSUCHCHAIN -p tcp", 0), EnvironmentError); });
}

}  // namespace
}  // namespace gauntlet
