#include "judge/mapping_sums.hh"

#include <algorithm>

#include "mptcp/crypto.hh"
#include "mptcp/option.hh"
#include "wire/checksum.hh"

namespace gauntlet {
namespace {

struct Mapping {
  uint64_t dsn = 0;
  bool dsn8 = true;  // all of it stands on the wire
  int64_t at = 0;    // relative number of its first byte
  uint16_t bytes = 0;
  uint16_t length = 0;  // as the checksum covers it, a DATA_FIN counted
  uint16_t checksum = 0;
};

std::optional<Mapping> mapping_of(const Trace& trace, const FlowSegment& s) {
  const TracedFrame& f = trace.frames()[s.frame];
  if (f.options_cut || s.has(kSyn)) return std::nullopt;
  for (const MptcpAt& found : mptcp_options(TcpView(trace.look(f), f.layout).options())) {
    if (const auto* capable = std::get_if<MpCapable>(&found.option);
        capable && capable->sender_key && capable->data_length && capable->checksum && *capable->data_length > 0)
      return Mapping{idsn_of(*capable->sender_key) + 1,
                     true,
                     1,
                     *capable->data_length,
                     *capable->data_length,
                     *capable->checksum};  // 3.1: it begins the stream
    const auto* dss = std::get_if<Dss>(&found.option);
    if (!dss || !dss->mapping || !dss->mapping->checksum) continue;
    const Dss::Mapping& m = *dss->mapping;
    const auto bytes = static_cast<uint16_t>(m.length - (m.length > 0 && dss->data_fin ? 1 : 0));
    if (bytes == 0) return std::nullopt;  // infinite, or a DATA_FIN alone
    const int64_t at = s.start + static_cast<int32_t>(m.ssn - static_cast<uint32_t>(static_cast<uint64_t>(s.start)));
    return Mapping{m.dsn, m.dsn8, at, bytes, m.length, *m.checksum};
  }
  return std::nullopt;
}

// Whether its checksum is right; nothing where a byte is missing.
std::optional<bool> right(const Mapping& m, SegmentBytes& stream) {
  const ConstBytes held = stream.from(m.at);
  if (held.size() < m.bytes) return std::nullopt;
  const uint16_t sum = sum16(held.first(m.bytes));
  return dss_checksum_of_sum(m.dsn, static_cast<uint32_t>(m.at), m.length, sum) == m.checksum;
}

}  // namespace

// Shifts downwards are undone in what is compared: there the subflow numbers are no longer those on the wire.
MappingSums::MappingSums(const WayContext& context)
    : c_(context), comparable_(c_.hu->isn_known && c_.hd->isn_known && c_.sunk->empty()) {
  if (c_.key) near_ = idsn_of(*c_.key) + 1;
}

bool MappingSums::whole(uint64_t& dsn, bool dsn8) const {
  if (dsn8) return true;
  if (!near_) return false;
  dsn = *near_ + static_cast<uint64_t>(
                     int64_t{static_cast<int32_t>(static_cast<uint32_t>(dsn) - static_cast<uint32_t>(*near_))});
  return true;
}

void MappingSums::add(const Group& g) {
  if (!comparable_) return;
  const bool single = g.u.size() == 1 && g.d.size() == 1;
  for (const uint32_t i : g.u) {
    auto sent = mapping_of(*c_.tu, c_.hu->segments[i]);
    if (!sent || !whole(sent->dsn, sent->dsn8)) continue;
    if (sent->dsn8 && !c_.key) near_ = sent->dsn;
    if (told_.contains(sent->at)) continue;
    for (const uint32_t j : g.d) {
      auto arrived = mapping_of(*c_.td, c_.hd->segments[j]);
      if (!arrived || !whole(arrived->dsn, arrived->dsn8)) continue;
      if (!single && (arrived->at != sent->at || arrived->length != sent->length)) continue;
      const auto before = right(*sent, *c_.sent), behind = right(*arrived, *c_.arrived);
      if (before && *before) near_ = sent->dsn;  // further on in a stream that may be longer than half of 2^32
      if (!before || !behind || *before == *behind) break;
      const auto word = [](bool valid) { return valid ? "valid" : "invalid"; };
      Difference r = c_.record(*before ? "checksum_broken" : "value_changed", {i}, {j});
      r.field = "dss checksum";
      r.before = word(*before);
      r.after = word(*behind);
      r.offset = sent->at - 1;
      c_.out->add(std::move(r));
      told_.insert(sent->at);
      break;
    }
  }
}

}  // namespace gauntlet
