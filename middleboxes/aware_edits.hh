// Edits of one direction of a flow that keep the length, and the mappings they fall into: what it takes to correct a
// DSS checksum (RFC 8684 3.3.1) in every copy of the option. Positions as in tcp/sequence.hh, so that the first payload
// byte is 1: subflow sequence numbers count alike (3.3).
#pragma once
#include <algorithm>
#include <deque>
#include <optional>
#include <vector>

#include "mptcp/option.hh"
#include "path/option_place.hh"
#include "tcp/ranges.hh"
#include "wire/checksum.hh"
#include "wire/options.hh"
#include "wire/tcp.hh"

namespace gauntlet {

struct MappingAt {
  Range bytes;               // that it maps
  uint16_t checksum_at = 0;  // from the first option byte; 0: it has none
};

// The first mapping of an option block: of a DSS, or of MP_CAPABLE with data, which begins with the first byte (3.1).
// None when it is infinite (3.7): that one has no end and no checksum.
inline std::optional<MappingAt> mapping_of(ConstBytes options, Position near) {
  OptionWalk walk(options);
  for (Option o; walk.next(o);) {
    if (o.kind != kOptMptcp || o.malformed || o.size < 4) continue;
    const ConstBytes option = options.subspan(o.offset, o.size);
    const bool capable = subtype_of(option) == Subtype::capable;
    const auto ssn = option_place(option, "ssn"_field);
    const auto length = option_place(option, capable ? "datalen"_field : "maplen"_field);
    if (!length || (!ssn && !capable)) continue;
    const Position size = load16(&option[length->at]);
    if (size == 0) return std::nullopt;
    const Position start = ssn ? position_of(load32(&option[ssn->at]), 0, near) : 1;
    MappingAt m{{start, start + size}, 0};
    if (const auto sum = option_place(option, "csum"_field)) m.checksum_at = static_cast<uint16_t>(o.offset + sum->at);
    return m;
  }
  return std::nullopt;
}

class AwareEdits {
 public:
  static constexpr size_t kMost = 64;  // older ones are forgotten: their segments have long been acknowledged

  enum class Added { yes, no, midway };
  // `midway` where a checksum that covers these bytes, or would have to, has gone ahead or is not in this segment: part
  // of them lies outside its mapping, or in one that is known from before. `no` when they were edited before.
  Added add(Position at, ConstBytes before, std::vector<uint8_t> after, const std::optional<MappingAt>& m,
            bool begins) {
    const Range bytes{at, at + static_cast<Position>(before.size())};
    for (const Edit& e : edits_) {
      if (e.range().begin < bytes.end && bytes.begin < e.range().end) return Added::no;
    }
    if (std::equal(before.begin(), before.end(), after.begin())) return Added::no;
    const bool inside = !m || (begins && m->bytes.begin <= bytes.begin && bytes.end <= m->bytes.end);
    if (!inside || mapped_.covered(m ? m->bytes : bytes) > 0) return Added::midway;
    edits_.push_back({at, {before.begin(), before.end()}, std::move(after)});
    if (edits_.size() > kMost) edits_.pop_front();
    return Added::yes;
  }

  // A good segment with this mapping goes on.
  void passed(const MappingAt& m) {
    mapped_.add(m.bytes);
    if (mapped_.count() > kMost) mapped_.remove_before(mapped_.all()[1].begin);
  }

  void apply(TcpEdit& edit, Position at, const std::optional<MappingAt>& m) const {
    const Range segment{at, at + static_cast<Position>(edit.view().payload().size())};
    for (const Edit& e : edits_) {
      if (const Range r = common(e.range(), segment); r.size() > 0)
        edit.write_payload(static_cast<size_t>(r.begin - at), e.part(e.after, r));
      if (!m || m->checksum_at == 0) continue;
      const Range r = common(e.range(), m->bytes);
      if (r.size() <= 0) continue;
      const bool odd = (r.begin - m->bytes.begin) % 2 != 0;
      uint8_t sum[2];
      store16(sum, update_bytes(load16(&edit.view().options()[m->checksum_at]), e.part(e.before, r), e.part(e.after, r),
                                odd));
      edit.write_options(m->checksum_at, sum);
    }
  }

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
