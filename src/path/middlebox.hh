// A box: a pure function of (packet, what was seen, virtual time, seed) that emits packets. No socket, clock, file or thread.
#pragma once
#include <memory>
#include <optional>

#include "path/seen.hh"
#include "util/box_schema.hh"
#include "util/json.hh"
#include "util/rng.hh"
#include "wire/packet.hh"

namespace gauntlet {

// Where a box's packets go: the next box, the queue's verdicts, a test's vector.
class Emit {
 public:
  virtual ~Emit() = default;
  virtual void send(Packet, Direction toward) = 0;
};

class Middlebox {
 public:
  virtual ~Middlebox() = default;
  // Not sending it on drops it. A box that holds the packet calls keep() on it first.
  virtual void packet(Packet, const Seen&, Emit&) = 0;
  virtual std::optional<Time> next_tick() const { return std::nullopt; }   // when held packets are due
  virtual void tick(Time, Emit&) {}                                        // called at or after next_tick()
  virtual void flush(Emit&) {}                                             // the run ends: let go of what is held
  virtual Json state() const;                                              // tables and counts for the report; null by default
};

using MakeBox = std::unique_ptr<Middlebox> (*)(const Params&, Rng);

// One line of the registry.
struct BoxEntry {
  BoxSchema schema;
  MakeBox make = nullptr;
  bool sees_all = false;      // wants every packet of its flows, selected or not (sequence rewriting, coalescing, NAT)
};

}  // namespace gauntlet
