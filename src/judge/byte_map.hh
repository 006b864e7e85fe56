// Bytes by 64-bit position, in extents; the first copy of a byte wins (RFC 9293 trims, RFC 8684 3.3.1 SHOULD).
#pragma once
#include <cstdint>
#include <map>
#include <vector>

#include "wire/bytes.hh"

namespace gauntlet {

class ByteMap {
 public:
  explicit ByteMap(uint64_t limit = 256ull << 20) : limit_(limit) {}

  // Positions already held keep their bytes. Returns how many bytes were new.
  uint64_t insert(int64_t at, ConstBytes bytes);
  void clear();  // the memory of one extent is kept for the next: fresh pages cost more than what is written into them
  // The unbroken run from `at` on; empty where there is nothing. Extents that touch are one.
  ConstBytes from(int64_t at) const;
  int64_t end_from(int64_t at) const { return at + static_cast<int64_t>(from(at).size()); }
  uint64_t size() const { return size_; }
  bool full() const { return full_; }  // the limit was reached: later bytes are missing
  const std::map<int64_t, std::vector<uint8_t>>& extents() const { return extents_; }

 private:
  std::map<int64_t, std::vector<uint8_t>> extents_;  // by first position; never overlapping, never touching
  std::vector<uint8_t> spare_;                       // empty, of an extent that was cleared
  uint64_t limit_, size_ = 0;
  bool full_ = false;
};

}  // namespace gauntlet
