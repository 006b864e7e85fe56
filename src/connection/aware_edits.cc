#include "connection/aware_edits.hh"

#include <algorithm>

#include "path/option_place.hh"
#include "wire/checksum.hh"
#include "wire/options.hh"

namespace gauntlet {

std::optional<MappingAt> mapping_of(ConstBytes options, Position near) {
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

AwareEdits::Added AwareEdits::add(Position at, ConstBytes before, std::vector<uint8_t> after,
                                  const std::optional<MappingAt>& m, bool begins) {
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

void AwareEdits::passed(const MappingAt& m) {
  mapped_.add(m.bytes);
  if (mapped_.count() > kMost) mapped_.remove_before(mapped_.all()[1].begin);
}

void AwareEdits::apply(TcpEdit& edit, Position at, const std::optional<MappingAt>& m) const {
  const Range segment{at, at + static_cast<Position>(edit.view().payload().size())};
  for (const Edit& e : edits_) {
    if (const Range r = common(e.range(), segment); r.size() > 0)
      edit.write_payload(static_cast<size_t>(r.begin - at), e.part(e.after, r));
    if (!m || m->checksum_at == 0) continue;
    const Range r = common(e.range(), m->bytes);
    if (r.size() <= 0) continue;
    const bool odd = (r.begin - m->bytes.begin) % 2 != 0;
    uint8_t sum[2];
    store16(sum,
            update_bytes(load16(&edit.view().options()[m->checksum_at]), e.part(e.before, r), e.part(e.after, r), odd));
    edit.write_options(m->checksum_at, sum);
  }
}

}  // namespace gauntlet
