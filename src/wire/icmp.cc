#include "wire/icmp.hh"

#include <algorithm>

#include "wire/checksum.hh"

namespace gauntlet {

namespace {

constexpr size_t kIcmpHeader = 8;
constexpr size_t kLeastField = 128;  // the quote where extensions follow is filled up to it (RFC 4884 4.1); routers
                                     // from before put them there without saying so (RFC 4884 5)

// Length of the "original datagram" field as the message itself says, 0 when it does not (RFC 4884 4.1 .. 4.5).
size_t told_length(const uint8_t* icmp, bool v4) {
  const uint8_t type = icmp[0];
  if (v4) return type == 3 || type == 11 || type == 12 ? icmp[5] * 4u : 0;
  return type == 1 || type == 3 ? icmp[4] * 8u : 0;
}

// Extension structure, version 2 (RFC 4884 7). Its checksum may be 0 (not made); where only it tells us that this is
// one at all, it must be there and right.
bool is_extension_structure(ConstBytes bytes, bool needs_checksum) {
  if (bytes.size() < 4 || bytes[0] >> 4 != 2) return false;
  return !needs_checksum || (load16(bytes.data() + 2) != 0 && sum16(bytes) == 0xffff);
}

}  // namespace

bool is_icmp_error(ConstBytes packet, const Layout& l) {
  if (!l.first || l.l4 + kIcmpHeader > std::min<size_t>(packet.size(), l.ip_total)) return false;
  const uint8_t type = packet[l.l4];
  if (l.version == 6) return l.proto == kProtoIcmp6 && type < 128;
  return l.version == 4 && l.proto == kProtoIcmp && (type == 3 || type == 4 || type == 5 || type == 11 || type == 12);
}

Quote quote_of(ConstBytes packet, const Layout& l) {
  Quote q;
  if (!is_icmp_error(packet, l)) return q;
  const uint8_t* icmp = packet.data() + l.l4;
  const size_t begin = l.l4 + kIcmpHeader;
  const ConstBytes body = packet.first(std::min<size_t>(packet.size(), l.ip_total)).subspan(begin);

  size_t field = body.size();
  size_t extensions = 0;
  const size_t told = told_length(icmp, l.version == 4);
  if (told != 0 && told < body.size()) {
    field = told;
    if (is_extension_structure(body.subspan(told), false)) extensions = begin + told;
  } else if (told == 0 && body.size() > kLeastField && is_extension_structure(body.subspan(kLeastField), true)) {
    field = kLeastField;
    extensions = begin + kLeastField;
  }

  const Layout inner = layout_of(body.first(field));
  if (inner.version == 0) return q;
  q.there = true;
  q.type = icmp[0];
  q.code = icmp[1];
  q.offset = static_cast<uint16_t>(begin);
  q.size = static_cast<uint16_t>(std::min<size_t>(field, inner.ip_total));  // what is behind is padding
  q.extensions = static_cast<uint16_t>(extensions > 0xffff ? 0 : extensions);
  const size_t word = l.version == 4 ? 4 : 8;  // RFC 4884 4.1, 4.2: what is longer is filled up to whole ones
  const bool whole_words = field >= kLeastField && field % word == 0;
  q.filled = told != 0 || extensions != 0 || field > inner.ip_total || whole_words;
  q.inner = inner;
  return q;
}

}  // namespace gauntlet
