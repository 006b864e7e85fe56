// Edits of one direction of a flow that keep the length, and the mappings they fall into: what it takes to correct a
// DSS checksum (RFC 8684 3.3.1) in every copy of the option. Positions count from the first payload byte, modulo 2^32.
#pragma once
#include <algorithm>
#include <deque>
#include <optional>
#include <vector>

#include "mptcp/option.hh"
#include "path/option_place.hh"
#include "wire/checksum.hh"
#include "wire/options.hh"
#include "wire/tcp.hh"

namespace gauntlet {

struct MappingAt {
  uint32_t start = 0;        // position of the first byte it maps
  uint16_t checksum_at = 0;  // from the first option byte; 0: it has none
  uint16_t checksum = 0;
};

// The first mapping of an option block: of a DSS, or of MP_CAPABLE with data, which begins with the first byte (3.1).
inline std::optional<MappingAt> mapping_of(ConstBytes options) {
  OptionWalk walk(options);
  for (Option o; walk.next(o);) {
    if (o.kind != kOptMptcp || o.malformed || o.size < 4) continue;
    const ConstBytes option = options.subspan(o.offset, o.size);
    const auto subtype = subtype_of(option);
    const auto ssn = option_place(option, "ssn"_field);
    if (!ssn && !(subtype == Subtype::capable && option_place(option, "datalen"_field))) continue;
    MappingAt m;
    if (ssn) m.start = load32(&option[ssn->at]) - 1;
    if (const auto sum = option_place(option, "csum"_field)) {
      m.checksum_at = static_cast<uint16_t>(o.offset + sum->at);
      m.checksum = load16(&option[sum->at]);
    }
    return m;
  }
  return std::nullopt;
}

class AwareEdits {
 public:
  static constexpr size_t kMost = 64;  // older ones are forgotten: their segments have long been acknowledged

  // False when these bytes were edited before.
  bool add(uint32_t at, ConstBytes before, std::vector<uint8_t> after, const std::optional<MappingAt>& m) {
    for (const Edit& e : edits_) {
      if (at - e.at < e.bytes.size() || e.at - at < after.size()) return false;
    }
    if (std::equal(before.begin(), before.end(), after.begin())) return false;
    Edit e{at, std::move(after), 0, 0, 0, false};
    if (m && m->checksum_at != 0) {
      e.start = m->start;
      e.was = m->checksum;
      e.is = update_bytes(m->checksum, before, e.bytes, (at - m->start) % 2 != 0);
      e.sums = true;
    }
    edits_.push_back(std::move(e));
    if (edits_.size() > kMost) edits_.pop_front();
    return true;
  }

  void apply(TcpEdit& edit, uint32_t at, const std::optional<MappingAt>& m) const {
    const auto size = static_cast<int64_t>(edit.view().payload().size());
    for (const Edit& e : edits_) {
      const int64_t from = static_cast<int32_t>(e.at - at), n = static_cast<int64_t>(e.bytes.size());
      const int64_t first = std::max<int64_t>(from, 0), last = std::min(from + n, size);
      if (first < last) {
        edit.write_payload(static_cast<size_t>(first), ConstBytes(e.bytes).subspan(static_cast<size_t>(first - from),
                                                                                   static_cast<size_t>(last - first)));
      }
      if (!m || m->checksum_at == 0 || !e.sums || e.start != m->start || e.was != m->checksum) continue;
      uint8_t sum[2];
      store16(sum, e.is);
      edit.write_options(m->checksum_at, sum);
    }
  }

 private:
  struct Edit {
    uint32_t at;
    std::vector<uint8_t> bytes;
    uint32_t start;    // of the mapping they are in
    uint16_t was, is;  // its checksum
    bool sums;
  };
  std::deque<Edit> edits_;
};

}  // namespace gauntlet
