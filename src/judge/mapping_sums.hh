// DSS checksums (RFC 8684 3.3.1) that an edit made wrong, or right: of the payload, of the mapping or of the place the
// mapping names.
#pragma once
#include <unordered_set>

#include "judge/compare.hh"

namespace gauntlet {

// Of one way of one flow. Verified are mappings of which both sides hold every byte, as the first copy of it brought
// it, with a checksum on both sides and a DSN of 8 bytes (the upper half of others is not on the wire). One record for
// each mapping, at its first copy.
class MappingSums {
 public:
  explicit MappingSums(const WayContext& context);
  void add(const Group&);

 private:
  const WayContext& c_;
  bool comparable_;  // subflow numbers of both sides count from their SYNs
  std::unordered_set<int64_t> told_;
};

}  // namespace gauntlet
