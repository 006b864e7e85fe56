// One subflow of the shadow receiver: its bytes in subflow order and the mappings that cover them.
#pragma once
#include <map>
#include <optional>

#include "judge/byte_map.hh"
#include "judge/flows.hh"
#include "mptcp/option.hh"

namespace gauntlet {

struct ShadowMapping {
  int64_t ssn = 0;           // relative: 1 is the subflow's first byte
  uint32_t length = 0;       // payload bytes, a DATA_FIN not counted
  uint64_t dsn = 0;          // 64 bits
  uint16_t wire_length = 0;  // as the checksum covers it, a DATA_FIN counted
  std::optional<uint16_t> checksum;
  int64_t end() const { return ssn + length; }
};

class ShadowSubflow {
 public:
  explicit ShadowSubflow(uint64_t limit) : bytes_(limit) {}

  void segment(int64_t at, ConstBytes payload) { bytes_.insert(at, payload); }
  void map(const ShadowMapping& m) { mappings_.emplace(m.ssn, m); }  // the first mapping of a place wins
  // The mapping that covers this place, or the next one behind it; null when there is none.
  const ShadowMapping* covering(int64_t place) const;
  const ShadowMapping* behind(int64_t place) const;
  ConstBytes in_order(int64_t place) const { return bytes_.from(place); }

  int64_t next = 1;     // first place not yet handed on
  bool usable = false;  // proved itself (MP_CAPABLE or a right MP_JOIN HMAC), and not reset since
  bool any_mapping = false;
  uint64_t full() const { return bytes_.full(); }

 private:
  ByteMap bytes_;
  std::map<int64_t, ShadowMapping> mappings_;
};

}  // namespace gauntlet
