#include "lab/queue_rules.hh"

namespace gauntlet {
namespace {

// `core` has two interfaces toward the client; one pattern covers both.
std::string toward_client(const Node& router) { return router.name == "core" ? "core-p+" : router.ports.front().name; }

ArgumentList rule(const Topology& t, ArgumentList middle) {
  ArgumentList out{t.ipv6 ? "ip6tables" : "iptables", "-w"};
  out.insert(out.end(), middle.begin(), middle.end());
  for (const char* word : {"-j", "NFQUEUE", "--queue-num", "0"}) out.emplace_back(word);
  return out;
}

// The ICMP errors a router makes itself. IPv6 errors are types 1 to 4; neighbour discovery is 133 and above.
std::vector<ArgumentList> local_rules(const Topology& t) {
  std::vector<std::string> types{"destination-unreachable", "time-exceeded", "parameter-problem"};
  if (t.ipv6) types.emplace_back("packet-too-big");
  std::vector<ArgumentList> out;
  for (const std::string& type : types)
    for (const std::string& to : {t.client_side, t.server_side})
      out.push_back(rule(t, {"-t", "filter", "-A", "OUTPUT", "-d", to, "-p", t.ipv6 ? "icmpv6" : "icmp",
                             t.ipv6 ? "--icmpv6-type" : "--icmp-type", type}));
  return out;
}

}  // namespace

std::vector<ArgumentList> queue_rules(const Topology& t, const Node& router, Hook at) {
  if (at == Hook::local) return local_rules(t);
  const char* table = at == Hook::pre ? "mangle" : "filter";
  const char* chain = at == Hook::pre ? "PREROUTING" : "FORWARD";
  return {rule(t, {"-t", table, "-A", chain, "-i", toward_client(router), "-d", t.server_side}),
          rule(t, {"-t", table, "-A", chain, "-i", router.ports.back().name, "-d", t.client_side})};
}

}  // namespace gauntlet
