#include "path/icmp_error.hh"

#include <algorithm>
#include <array>
#include <vector>

#include "wire/checksum.hh"
#include "wire/icmp.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

struct Kind {
  std::string_view name;
  uint8_t type4, code4, type6, code6;
};
constexpr std::array<Kind, 6> kKinds{{{"net", 3, 0, 1, 0},
                                      {"host", 3, 1, 1, 3},
                                      {"port", 3, 3, 1, 4},
                                      {"admin", 3, 13, 1, 1},
                                      {"toobig", 3, 4, 2, 0},
                                      {"ttl", 11, 0, 3, 0}}};

}  // namespace

std::optional<Packet> make_icmp_error(ConstBytes packet, const Layout& l, std::string_view name, uint16_t mtu,
                                      ConstBytes from) {
  const auto kind = std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& k) { return k.name == name; });
  const bool v4 = l.version == 4;
  if (kind == kKinds.end() || !whole(l, packet) || !l.first || is_icmp_error(packet, l) ||
      from.size() != (v4 ? 4u : 16u))
    return std::nullopt;
  const size_t header = v4 ? 20 : 40;
  const ConstBytes quote = packet.first(std::min<size_t>(packet.size(), (v4 ? 576 : 1280) - header - 8));
  std::vector<uint8_t> p(header + 8);
  p[header] = v4 ? kind->type4 : kind->type6;
  p[header + 1] = v4 ? kind->code4 : kind->code6;
  if (name == "toobig") store16(&p[header + 6], mtu);  // RFC 1191 4; in IPv6 the low half of 32 bits (RFC 4443 3.2)
  const ConstBytes to = source_address(packet, l);
  if (v4) {
    p[0] = 0x45;
    p[6] = 0x40;  // DF: an atomic datagram, whose identification may be 0 (RFC 6864 4.1)
    p[8] = 64;
    p[9] = kProtoIcmp;
    store16(&p[2], static_cast<uint16_t>(p.size() + quote.size()));
  } else {
    p[0] = 0x60;
    p[6] = kProtoIcmp6;
    p[7] = 64;
    store16(&p[4], static_cast<uint16_t>(8 + quote.size()));
  }
  std::copy(from.begin(), from.end(), p.begin() + (v4 ? 12 : 8));
  std::copy(to.begin(), to.end(), p.begin() + (v4 ? 16 : 24));
  p.insert(p.end(), quote.begin(), quote.end());
  write_checksums(Bytes(p));
  return Packet(ConstBytes(p));
}

}  // namespace gauntlet
