// Cuts: sets of interfaces that every packet between the endpoints crosses exactly once (docs/evidence.md section 5).
// They stand around every router that has a box, client first; the judge compares each with the next.
#pragma once
#include <string>
#include <vector>

#include "lab/topology.hh"

namespace gauntlet {

struct Cuts {
  std::vector<std::vector<std::string>> cuts;  // interface names; the first is the client's, the last the server's
  struct Around {
    std::string node;
    size_t before, after;
  };
  std::vector<Around> around;  // between which cuts each router with boxes stands

  const Around& of(const std::string& node) const;
};

// `routers`: the routers with boxes, in path order (client first; a router named twice counts once).
Cuts cuts_around(const Topology&, const std::vector<std::string>& routers);

struct TappedInterface {
  std::string node, interface;
};
std::vector<TappedInterface> capture_points(const Topology&, const Cuts&);

}  // namespace gauntlet
