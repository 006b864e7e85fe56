// Addresses in place (RFC 3022 4.1): the IPv4 header checksum and the upper layer's follow by difference.
#include <cstring>

#include "wire/checksum.hh"
#include "wire/tcp.hh"

namespace gauntlet {

namespace {

size_t address_size(const Layout& l) { return l.version == 4 ? 4 : l.version == 6 ? 16 : 0; }
size_t source_at(const Layout& l) { return l.version == 4 ? 12 : 8; }
size_t destination_at(const Layout& l) { return l.version == 4 ? 16 : 24; }

void set_address(Packet& packet, const Layout& l, size_t at, bool in_pseudo_header, ConstBytes address) {
  if (l.version == 0 || address.size() != address_size(l)) return;
  uint8_t* p = packet.data();
  SumChange change;
  change.replace(sum16({p + at, address.size()}), sum16(address));
  std::memcpy(p + at, address.data(), address.size());
  if (l.version == 4) store16(p + 10, change.apply(load16(p + 10)));

  const size_t field = l4_checksum_at(packet.bytes(), l);
  if (field == 0 || l.proto == kProtoIcmp || !in_pseudo_header) return;
  const uint16_t before = load16(p + field);
  if (l.proto == kProtoUdp && before == 0) return;
  const uint16_t after = change.apply(before);
  store16(p + field, l.proto == kProtoUdp && after == 0 ? 0xffff : after);
}

}  // namespace

ConstBytes source_address(ConstBytes packet, const Layout& l) {
  return l.version == 0 ? ConstBytes() : packet.subspan(source_at(l), address_size(l));
}

ConstBytes destination_address(ConstBytes packet, const Layout& l) {
  return l.version == 0 ? ConstBytes() : packet.subspan(destination_at(l), address_size(l));
}

void set_source_address(Packet& packet, const Layout& l, ConstBytes address) {
  set_address(packet, l, source_at(l), true, address);
}

void set_destination_address(Packet& packet, const Layout& l, ConstBytes address) {
  if (l.version == 0) return;
  const bool final = final_destination_at(packet.bytes(), l) == destination_at(l);
  set_address(packet, l, destination_at(l), final, address);
}

}  // namespace gauntlet
