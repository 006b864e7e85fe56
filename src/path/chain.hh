// Boxes in path order, client side first; a chain is a box to whoever feeds it. A packet a box sends backwards passes the
// earlier boxes. Each stage has its own flow table, because a NAT in the middle gives the two sides different flows.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "path/flow_table.hh"
#include "path/middlebox.hh"

namespace gauntlet {

class Chain {
 public:
  struct Link { const BoxEntry* entry; Params params; std::string spec = {}; };   // spec: for reports
  // Wraps every box in the one trigger (dir, when, nth, after, count, path). Each box's Rng is forked by its place and name.
  Chain(const std::vector<Link>& links, uint64_t seed);
  ~Chain();
  Chain(Chain&&) noexcept;
  Chain& operator=(Chain&&) noexcept;

  // A packet that came from the other side of where it is going: to_server enters at the first box, to_client at the last.
  void packet(Packet, Direction toward, Time now, Emit& out);
  std::optional<Time> next_tick() const;
  void tick(Time now, Emit& out);
  void flush(Emit& out);
  Json state() const;      // per box: spec, selected, passed by, what came, state()

 private:
  struct Stages;
  std::unique_ptr<Stages> stages_;
};

}  // namespace gauntlet
