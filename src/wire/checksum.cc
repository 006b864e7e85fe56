#include "wire/checksum.hh"

#include <algorithm>

namespace gauntlet {

namespace {

constexpr uint8_t kRouting = 43;

// What the checksum covers: to the end of the packet, or the UDP length when that is shorter (RFC 768).
ConstBytes covered(ConstBytes packet, const Layout& l) {
  ConstBytes upper = packet.first(std::min<size_t>(packet.size(), l.ip_total)).subspan(l.l4);
  if (l.proto == kProtoUdp) {
    const uint16_t length = load16(upper.data() + 4);
    if (length >= 8 && length < upper.size()) upper = upper.first(length);
  }
  return upper;
}

}  // namespace

// One's-complement addition does not care for byte order (RFC 1071 2B): words are added as they lie in memory, 32 bits
// into 64 so that no carry is lost, and swapped once at the end.
uint16_t sum16(ConstBytes bytes, uint32_t start) {
  const uint8_t* p = bytes.data();
  size_t n = bytes.size();
  uint64_t a = 0, b = 0, c = 0, d = 0;
  for (; n >= 16; n -= 16, p += 16) {
    uint32_t w[4];
    std::memcpy(w, p, 16);
    a += w[0];
    b += w[1];
    c += w[2];
    d += w[3];
  }
  a += b;
  a += c;  // each is below 2^60 for anything that fits in memory
  a += d;
  for (; n >= 2; n -= 2, p += 2) {
    uint16_t w;
    std::memcpy(&w, p, 2);
    a += w;
  }
  if (n == 1) a += *p;  // in memory order the first byte of a word is its low one here
  return fold(static_cast<uint64_t>(swap_bytes(fold(a))) + start);
}

uint16_t update32(uint16_t checksum, uint32_t before, uint32_t after) {
  SumChange change;
  change.replace32(before, after);
  return change.apply(checksum);
}

uint16_t update_bytes(uint16_t checksum, ConstBytes before, ConstBytes after, bool odd) {
  uint16_t was = sum16(before), is = sum16(after);
  if (odd) {
    was = swap_bytes(was);
    is = swap_bytes(is);
  }
  return update16(checksum, was, is);
}

uint16_t ipv4_checksum(ConstBytes packet, const Layout& l) {
  if (l.version != 4) return 0;
  const uint32_t sum = sum16(packet.first(10));
  return static_cast<uint16_t>(~sum16(packet.subspan(12, l.ip_header - 12u), sum));
}

size_t l4_checksum_at(ConstBytes packet, const Layout& l) {
  if (l.version == 0 || !l.first) return 0;
  size_t field = 0, header = 8;
  switch (l.proto) {
    case kProtoTcp:
      field = 16, header = 20;
      break;
    case kProtoUdp:
      field = 6;
      break;
    case kProtoIcmp:
      field = l.version == 4 ? 2 : 0, header = 4;
      break;
    case kProtoIcmp6:
      field = l.version == 6 ? 2 : 0, header = 4;
      break;
    default:
      break;
  }
  if (field == 0 || l.l4 + header > std::min<size_t>(packet.size(), l.ip_total)) return 0;
  return l.l4 + field;
}

size_t final_destination_at(ConstBytes packet, const Layout& l) {
  if (l.version == 4) return 16;
  uint8_t proto = packet[6];
  Extension e;
  for (size_t at = 40; at < l.ip_header && extension_at(packet, proto, at, l.ip_header, e);
       at += e.size, proto = e.next) {
    if (proto != kRouting || packet[at + 3] == 0 || e.size < 24) continue;
    const uint8_t type = packet[at + 2];
    if (type == 4) return at + 8;  // segment routing lists backwards (RFC 8754 2)
    if (type == 0 || type == 2) return at + e.size - 16;
  }
  return 24;
}

uint32_t pseudo_header(ConstBytes packet, const Layout& l, uint32_t upper_length) {
  const bool v4 = l.version == 4;
  const size_t size = v4 ? 4 : 16;
  uint32_t sum = l.proto + (upper_length >> 16) + (upper_length & 0xffff);
  sum += sum16(packet.subspan(v4 ? 12 : 8, size));
  sum += sum16(packet.subspan(final_destination_at(packet, l), size));
  return sum;
}

uint16_t l4_checksum(ConstBytes packet, const Layout& l) {
  const size_t field = l4_checksum_at(packet, l);
  if (field == 0) return 0;
  const ConstBytes upper = covered(packet, l);
  uint32_t sum = l.proto == kProtoIcmp ? 0 : pseudo_header(packet, l, static_cast<uint32_t>(upper.size()));
  sum = sum16(upper.first(field - l.l4), sum);
  const uint16_t checksum = static_cast<uint16_t>(~sum16(upper.subspan(field - l.l4 + 2u), sum));
  return l.proto == kProtoUdp && checksum == 0 ? 0xffff : checksum;
}

bool l4_checksum_ok(ConstBytes packet, const Layout& l) {
  const size_t field = l4_checksum_at(packet, l);
  if (field == 0 || l.fragment || packet.size() < l.ip_total) return true;
  const uint16_t there = load16(packet.data() + field);
  if (there == 0 && l.proto == kProtoUdp) return true;
  const uint16_t right = l4_checksum(packet, l);
  return there == right || (there == 0xffff && right == 0);  // two ways to write zero; the receiver's sum is the same
}

void write_checksums(Bytes packet) { write_checksums(packet, layout_of(packet)); }

void write_checksums(Bytes packet, const Layout& l) {
  if (l.version == 4) store16(packet.data() + 10, ipv4_checksum(packet, l));
  const size_t field = l4_checksum_at(packet, l);
  if (field == 0 || l.fragment || packet.size() < l.ip_total) return;
  if (l.proto == kProtoUdp && load16(packet.data() + field) == 0) return;
  store16(packet.data() + field, l4_checksum(packet, l));
}

}  // namespace gauntlet
