#include "path/quote_shape.hh"

#include <algorithm>

#include "util/number_list.hh"
#include "wire/checksum.hh"

namespace gauntlet {
namespace {

constexpr size_t kIcmpHeader = 8;
constexpr size_t kLeast = 128;                 // the quoted field where extensions follow (RFC 4884 4)
constexpr size_t kMost4 = 576, kMost6 = 1280;  // a whole ICMP error (RFC 1812 4.3.2.3, RFC 4443 2.4 c)

bool has_length_field(const Quote& q, bool v4) {
  return v4 ? q.type == 3 || q.type == 11 || q.type == 12 : q.type == 1 || q.type == 3;
}

// Extension structure (RFC 4884 7): version 2, its own checksum, then the objects.
std::vector<uint8_t> structure_of(const std::vector<uint8_t>& objects) {
  std::vector<uint8_t> bytes{0x20, 0, 0, 0};
  bytes.insert(bytes.end(), objects.begin(), objects.end());
  store16(&bytes[2], static_cast<uint16_t>(~sum16(bytes)));
  return bytes;
}

void set_total(Packet& p, const Layout& l) {
  uint8_t* ip = p.data();
  if (l.version == 6) return store16(ip + 4, static_cast<uint16_t>(p.size() - 40));
  const auto total = static_cast<uint16_t>(p.size());
  store16(ip + 10, update16(load16(ip + 10), load16(ip + 2), total));
  store16(ip + 2, total);
}

}  // namespace

std::vector<uint8_t> mpls_object(std::string_view labels) {
  std::vector<uint8_t> object{0, 0, 1, 1};  // class 1, C-type 1
  for (const uint32_t label : number_list(labels, 0, 0xfffff, "mpls")) {
    // | label 20 | traffic class 3 | S 1: the last | TTL 8 |
    object.resize(object.size() + 4);
    store32(&object[object.size() - 4], label << 12 | 1u);
  }
  if (object.size() > 4) object[object.size() - 2] |= 1;
  if (object.size() == 4) return {};
  store16(object.data(), static_cast<uint16_t>(object.size()));
  return object;
}

bool reshape_quote(Packet& p, const Layout& l, const Quote& q, const QuoteShape& shape) {
  const size_t field = l4_checksum_at(std::as_const(p).bytes(), l);
  if (l.fragment || !whole(l, std::as_const(p).bytes()) || field == 0) return false;
  using Length = QuoteShape::Length;
  const bool v4 = l.version == 4;
  const bool can = has_length_field(q, v4);
  const bool told = can && (shape.length == Length::automatic ? !shape.objects.empty() : shape.length != Length::never);
  std::vector<uint8_t> tail;
  if (can && !shape.objects.empty()) tail = structure_of(shape.objects);

  const size_t unit = v4 ? 4 : 8;
  size_t keep = std::min<size_t>(q.size, shape.packet.value_or(SIZE_MAX));
  if (shape.upper) keep = std::min(keep, q.inner.ip_header + *shape.upper);
  if (told || !tail.empty()) keep = std::min(keep, ((v4 ? kMost4 : kMost6) - q.offset - tail.size()) / unit * unit);
  size_t padded = keep;
  if (told) padded = (keep + unit - 1) / unit * unit;
  if (!tail.empty()) padded = told ? std::max(padded, kLeast) : kLeast;
  keep = std::min(keep, padded);

  // One's-complement difference between what the checksum is and should be.
  const auto wrong = static_cast<uint64_t>(load16(p.data() + field)) +
                     static_cast<uint16_t>(~l4_checksum(std::as_const(p).bytes(), l));
  p.truncate(q.offset + keep);
  const std::vector<uint8_t> zeros(padded - keep);
  p.append(zeros);
  p.append(tail);
  if (can) {
    uint8_t* icmp = p.data() + q.offset - kIcmpHeader;
    const size_t claim = padded + (shape.length == Length::too_long ? tail.size() + kLeast : 0);
    icmp[v4 ? 5 : 4] = static_cast<uint8_t>(told ? claim / unit : 0);
  }
  set_total(p, l);
  uint16_t fresh = l4_checksum(std::as_const(p).bytes(), layout_of(std::as_const(p).bytes()));
  if (fold(wrong) != 0 && fold(wrong) != 0xffff) fresh = fold(fresh + wrong);
  store16(p.data() + field, fresh);
  return true;
}

}  // namespace gauntlet
