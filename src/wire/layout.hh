// Where things are in one IP packet (RFC 791, RFC 8200, RFC 9293). Total: any bytes give an answer, none throws.
#pragma once
#include <cstddef>
#include <cstdint>

#include "wire/bytes.hh"

namespace gauntlet {

inline constexpr uint8_t kProtoIcmp = 1, kProtoTcp = 6, kProtoUdp = 17, kProtoIcmp6 = 58;

// Offsets are from the first byte of the packet, in bytes. A field that is not there is 0.
struct Layout {
  uint8_t version = 0;        // 4, 6, or 0: not an IP packet we can walk
  uint8_t proto = 0;          // of the upper layer, after IPv6 extension headers; 0 when unknown
  bool fragment = false;      // any fragment (MF set or offset > 0)
  bool first = true;          // its offset is 0: an upper-layer header may be here
  bool tcp = false;           // a whole TCP header, 5 <= data offset, options inside the packet, not a later fragment
  uint16_t ip_header = 0;     // length of the IPv4 header or of the IPv6 header with its extension headers
  uint32_t ip_total = 0;      // as the header says (IPv6: 40 + payload length); never less than the fixed header
  uint16_t l4 = 0;            // offset of the upper-layer header; = ip_header
  uint16_t options = 0;       // tcp: offset of the option bytes, = l4 + 20
  uint16_t options_size = 0;  // tcp: their length, 0 .. 40
  uint32_t payload = 0;       // tcp: offset of the payload
  uint32_t payload_size = 0;  // tcp: up to the IP total length, never past the bytes there are
};

// Extension headers of IPv6 are walked up to the first one this is not (RFC 8200 4, RFC 4302, RFC 7045): hop-by-hop,
// routing, fragment, destination options, AH, mobility, HIP, shim6. A chain that is cut short leaves proto = 0.
Layout layout_of(ConstBytes packet);

// One IPv6 extension header at `offset`; false when it is not one that can be walked, or runs past `end`.
struct Extension {
  uint8_t next = 0;   // protocol of what follows
  uint32_t size = 0;  // bytes
};
bool is_extension(uint8_t proto);
bool extension_at(ConstBytes packet, uint8_t proto, size_t offset, size_t end, Extension& out);

// True when ip_total is exactly the number of bytes there are: what may be edited and sent again.
inline bool whole(const Layout& l, ConstBytes packet) { return l.version != 0 && l.ip_total == packet.size(); }

}  // namespace gauntlet
