// How much of a stream may be written now: the load, the preamble, the turns. Pure: no clock, no socket.
#pragma once
#include <cstdint>
#include <vector>

#include "io/endpoint.hh"

namespace gauntlet {

class SendSchedule {
 public:
  explicit SendSchedule(const EndpointPlan& plan);

  // Bytes the next write may have, 0: wait for a tick, for bytes of the peer, or for open().
  size_t next(uint64_t received) const;
  void wrote(size_t n);
  void tick();                   // paced: allows one more write
  void open() { open_ = true; }  // the subflows are there: the preamble is no longer the limit
  bool ticks() const { return load_ == EndpointLoad::paced; }
  uint64_t sent() const { return sent_; }
  uint64_t total() const { return total_; }
  bool done() const { return sent_ == total_; }

 private:
  EndpointLoad load_;
  bool server_;
  std::vector<uint64_t> lines_;  // of the preface, not yet sent: where each one ends
  uint64_t total_, peer_total_, preamble_;
  size_t write_;
  uint64_t sent_ = 0;
  size_t credit_ = 0;  // paced: bytes of the current write not yet written
  bool open_;
};

size_t write_size(const EndpointPlan& plan);
bool waits_for_subflows(const EndpointPlan& plan);

}  // namespace gauntlet
