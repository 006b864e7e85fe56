// TTL and hop limit: routers between two cuts lower them by one each, so every packet from one interface to another
// loses the same; whatever loses another number, or gains, was edited. Which loss is the routers' own: the one that
// most kinds of segment (SYN, FIN, RST, with data or without) show most often, as a box that edits most packets rarely
// edits most kinds; then the one that the way back shows, too; then that of most packets.
#pragma once
#include <array>
#include <map>
#include <optional>
#include <tuple>

#include "judge/difference.hh"
#include "wire/tcp.hh"

namespace gauntlet {

class TtlTally {
 public:
  // `example()` is the record to emit, should this packet turn out to be edited.
  template <typename Example>
  void add(uint16_t from, uint16_t to, Way way, const FlowSegment& sent, uint8_t before, uint8_t after,
           Example example) {
    Seen& seen = deltas_[{from, to, way}][int{after} - int{before}];
    if (seen.count++ == 0) seen.example = example();
    ++seen.by_kind[(sent.flags & (kSyn | kFin | kRst)) << 1 | (sent.length > 0 ? 1 : 0)];
  }
  void report(Differences& out) const;

 private:
  struct Seen {
    uint64_t count = 0;
    std::array<uint64_t, 16> by_kind{};
    Difference example;
  };
  using Route = std::tuple<uint16_t, uint16_t, Way>;  // interfaces, in the direction of travel, and way
  using Deltas = std::map<int, Seen>;                 // change -> how often
  std::optional<int> routed(const Route&, const Deltas&) const;
  std::map<Route, Deltas> deltas_;
};

}  // namespace gauntlet
