// `gauntlet box`, its options read once: the live part (box_live.cc, a queue) and the offline part (box_offline.cc)
// take it from here.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/cli.hh"
#include "path/chain.hh"
#include "path/prefix.hh"

namespace gauntlet {

struct BoxRun {
  std::vector<Chain::Link> links;  // path order, the first is nearest the client
  uint64_t seed = 0;               // a run of the same seed does the same again
  std::vector<Prefix> client;      // --dir-by client=...: a packet from one of these goes to the server
  // live
  std::vector<std::string>
      client_side;                // --client-side: what comes in through one of these interfaces goes to the server
  std::optional<uint16_t> queue;  // --queue N
  std::string log;       // --log: folder; what was done to each packet goes to LOG/RUN/box-NODE.decisions.jsonl
  bool control = false;  // --control: commands on standard input (docs/evidence.md section 1)
  std::string node;      // --node: the router's name, for the report
  unsigned mtu = 1500;   // --mtu: of the way out; no larger packet may leave
  std::string inject;    // --inject: interface that pieces enter through; empty: by the routing table
  std::string add_rule;  // --add-rule: chain and match of the rule that feeds the queue, there while we run
  // offline
  std::string read, write;  // --read, --write
};

// Throws UsageError. nullopt: --help was asked for and printed.
std::optional<BoxRun> parse_box_run(Arguments);

int run_box_offline(const BoxRun&);
int run_box_live(const BoxRun&);

}  // namespace gauntlet
