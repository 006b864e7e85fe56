// Which way a packet travels: by the interface it came in through, or by its addresses.
#pragma once
#include <string>
#include <vector>

#include "io/queue_socket.hh"
#include "path/prefix.hh"
#include "path/seen.hh"

namespace gauntlet {

struct DirectionRule {
  std::vector<std::string> client_interfaces;  // what comes in here goes to the server; the rest to the client
  std::vector<Prefix> client_prefixes;         // what comes from here goes to the server; the rest to the client

  bool empty() const { return client_interfaces.empty() && client_prefixes.empty(); }
  void resolve();                         // interface names to indexes; throws UsageError for one that is not here
  Direction toward(const Queued&) const;  // interfaces first, then prefixes

 private:
  std::vector<uint32_t> indexes_;
};

}  // namespace gauntlet
