// DSS checksums (RFC 8684 3.3.1) that an edit made wrong, or right: of the payload, of the mapping or of the place the
// mapping names.
#pragma once
#include <unordered_set>

#include "judge/compare.hh"

namespace gauntlet {

// Of one way of one flow. Verified are mappings of which both sides hold every byte, as the first copy of it brought
// it, with a checksum on both sides. The checksum covers 64 bits of DSN (RFC 8684 3.3.1): of one that has 4 bytes on
// the wire the upper half is that nearest to what is known of the connection, from the sender's key or from 8 bytes
// seen before; where nothing is, it is not judged. One record for each mapping, at its first copy.
class MappingSums {
 public:
  explicit MappingSums(const WayContext& context);
  void add(const Group&);

 private:
  bool whole(uint64_t& dsn, bool dsn8) const;  // 64 bits of it; false where they are not known
  const WayContext& c_;
  bool comparable_;               // subflow numbers of both sides count from their SYNs
  std::optional<uint64_t> near_;  // a DSN of this way
  std::unordered_set<int64_t> told_;
};

}  // namespace gauntlet
