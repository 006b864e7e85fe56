// What must be found where routers quote little: it follows from what the box does, from where routers behind it stand
// that answer and from how much these quote, and from nothing that the prober says.
#pragma once
#include <string>
#include <vector>

#include "virtual/boxed/cases.hh"

namespace gauntlet {

struct Owed {
  std::vector<std::string> named;  // these
  bool any = false;                // or at least that something was edited: the length or the TCP checksum shows it
};

Owed owed(const BoxTrial&, const TraceResult&);  // of the result: only which packets were sent

}  // namespace gauntlet
