// Edits of one direction of a flow that keep the length, and the mappings they fall into: what it takes to correct a
// DSS checksum (RFC 8684 3.3.1) in every copy of the option. Positions as in tcp/sequence.hh, so that the first payload
// byte is 1: subflow sequence numbers count alike (3.3).
#pragma once
#include <algorithm>
#include <deque>
#include <optional>
#include <vector>

#include "mptcp/option.hh"
#include "tcp/ranges.hh"
#include "wire/tcp.hh"

namespace gauntlet {

struct MappingAt {
  Range bytes;               // that it maps
  uint16_t checksum_at = 0;  // from the first option byte; 0: it has none
};

// The first mapping of an option block: of a DSS, or of MP_CAPABLE with data, which begins with the first byte (3.1).
// None when it is infinite (3.7): that one has no end and no checksum.
std::optional<MappingAt> mapping_of(ConstBytes options, Position near);

class AwareEdits {
 public:
  static constexpr size_t kMost = 64;  // older ones are forgotten: their segments have long been acknowledged

  enum class Added { yes, no, midway };
  // `midway` where a checksum that covers these bytes, or would have to, has gone ahead or is not in this segment: part
  // of them lies outside its mapping, or in one that is known from before. `no` when they were edited before.
  Added add(Position at, ConstBytes before, std::vector<uint8_t> after, const std::optional<MappingAt>& m, bool begins);

  // A good segment with this mapping goes on.
  void passed(const MappingAt& m);

  void apply(TcpEdit& edit, Position at, const std::optional<MappingAt>& m) const;

 private:
  struct Edit {
    Position at;
    std::vector<uint8_t> before, after;
    Range range() const { return {at, at + static_cast<Position>(after.size())}; }
    ConstBytes part(const std::vector<uint8_t>& bytes, Range r) const {
      return ConstBytes(bytes).subspan(static_cast<size_t>(r.begin - at), static_cast<size_t>(r.size()));
    }
  };
  static Range common(Range a, Range b) { return {std::max(a.begin, b.begin), std::min(a.end, b.end)}; }

  std::deque<Edit> edits_;
  RangeSet mapped_;  // by mappings that passed
};

}  // namespace gauntlet
