#include "wire/layout.hh"

#include <algorithm>

namespace gauntlet {

namespace {

constexpr uint8_t kHopByHop = 0, kRouting = 43, kFragment = 44, kAuth = 51, kDestination = 60, kMobility = 135,
                  kHip = 139, kShim6 = 140;
constexpr size_t kMinTcp = 20;
// Offsets are 16 bits wide; an upper layer further in than this is not looked at (its fixed header must still be
// addressable).
constexpr size_t kFurthest = 0xffff - 128;

void find_tcp(ConstBytes packet, size_t end, Layout& l) {
  if (l.proto != kProtoTcp || !l.first || l.l4 + kMinTcp > end) return;
  const size_t header = static_cast<size_t>(packet[l.l4 + 12] >> 4) * 4;
  if (header < kMinTcp || l.l4 + header > end) return;
  l.tcp = true;
  l.options = static_cast<uint16_t>(l.l4 + kMinTcp);
  l.options_size = static_cast<uint16_t>(header - kMinTcp);
  l.payload = static_cast<uint32_t>(l.l4 + header);
  l.payload_size = static_cast<uint32_t>(end - l.payload);
}

Layout layout4(ConstBytes packet) {
  Layout l;
  const uint8_t* p = packet.data();
  const size_t header = static_cast<size_t>(p[0] & 0x0f) * 4;
  const size_t total = packet.size() < 20 ? 0 : load16(p + 2);
  if (header < 20 || header > packet.size() || total < header) return l;
  l.version = 4;
  l.proto = p[9];
  const uint16_t fragment = load16(p + 6);
  l.first = (fragment & 0x1fff) == 0;
  l.fragment = (fragment & 0x3fff) != 0;
  l.ip_total = static_cast<uint32_t>(total);
  l.ip_header = l.l4 = static_cast<uint16_t>(header);
  find_tcp(packet, std::min(packet.size(), total), l);
  return l;
}

Layout layout6(ConstBytes packet) {
  Layout l;
  if (packet.size() < 40) return l;
  const uint8_t* p = packet.data();
  l.version = 6;
  l.ip_total = 40u + load16(p + 4);
  const size_t end = std::min<size_t>(packet.size(), l.ip_total);
  uint8_t proto = p[6];
  size_t at = 40;
  while (is_extension(proto) && l.first) {
    Extension e;
    if (at > kFurthest || !extension_at(packet, proto, at, end, e)) break;
    if (proto == kFragment) {
      const uint16_t word = load16(p + at + 2);
      l.first = (word & 0xfff8) == 0;
      l.fragment = (word & 0xfff9) != 0;
    }
    proto = e.next;
    at += e.size;
  }
  at = std::min<size_t>(at, 0xffff);
  l.proto = is_extension(proto) || at > kFurthest ? 0 : proto;
  l.ip_header = l.l4 = static_cast<uint16_t>(at);
  find_tcp(packet, end, l);
  return l;
}

}  // namespace

bool is_extension(uint8_t proto) {
  switch (proto) {
    case kHopByHop:
    case kRouting:
    case kFragment:
    case kAuth:
    case kDestination:
    case kMobility:
    case kHip:
    case kShim6:
      return true;
    default:
      return false;
  }
}

bool extension_at(ConstBytes packet, uint8_t proto, size_t offset, size_t end, Extension& out) {
  end = std::min(end, packet.size());
  if (!is_extension(proto) || offset + 8 > end) return false;
  const uint8_t length = packet[offset + 1];
  out.next = packet[offset];
  out.size = proto == kFragment ? 8u : proto == kAuth ? (length + 2u) * 4 : (length + 1u) * 8;
  return offset + out.size <= end;
}

Layout layout_of(ConstBytes packet) {
  if (packet.empty()) return {};
  switch (packet[0] >> 4) {
    case 4:
      return layout4(packet);
    case 6:
      return layout6(packet);
    default:
      return {};
  }
}

}  // namespace gauntlet
