// The transport endpoints of a packet and of a packet quoted by an ICMP error, read and written: TCP and UDP ports, and
// the identifier of ICMP echo in the place of both.
#pragma once
#include <cstring>
#include <optional>

#include "path/endpoint.hh"
#include "wire/checksum.hh"
#include "wire/icmp.hh"
#include "wire/packet.hh"

namespace gauntlet {

// Empty when there are no ports to speak of (other protocols, later fragments, a header cut short).
std::optional<Endpoint> source_endpoint(ConstBytes packet, const Layout&);
std::optional<Endpoint> destination_endpoint(ConstBytes packet, const Layout&);
// Checksums follow by difference.
void set_source(Packet&, const Layout&, const Endpoint&);
void set_destination(Packet&, const Layout&, const Endpoint&);
void set_quoted_source(Packet&, const Layout& outer, const Quote&, const Endpoint&);
void set_quoted_destination(Packet&, const Layout& outer, const Quote&, const Endpoint&);

// One endpoint in the place of another, with what that does to checksums worked out once.
class Translation {
 public:
  Translation() = default;
  Translation(const Endpoint& to, const Endpoint& from) : to_(to), from_(from) {
    const uint32_t address = static_cast<uint16_t>(~sum16(from.bytes())) + sum16(to.bytes());
    address_ = fold(address);
    both_ = fold(uint64_t{address} + static_cast<uint16_t>(~from.port) + to.port);
  }
  const Endpoint& to() const { return to_; }
  const Endpoint& from() const { return from_; }
  // `from` is what the packet has there.
  void source(Packet& p, const Layout& l) const { quick(l) ? write(p, l, 0) : set_source(p, l, to_); }
  void destination(Packet& p, const Layout& l) const { quick(l) ? write(p, l, 1) : set_destination(p, l, to_); }

 private:
  static bool quick(const Layout& l) { return l.tcp && (l.version == 4 || l.ip_header == 40); }
  void write(Packet& p, const Layout& l, size_t which) const {
    uint8_t* ip = p.data();
    uint8_t* tcp = ip + l.l4;
    if (l.version == 4) {
      std::memcpy(ip + 12 + 4 * which, to_.address.data(), 4);
      store16(ip + 10, update16(load16(ip + 10), 0, address_));
    } else {
      std::memcpy(ip + 8 + 16 * which, to_.address.data(), 16);
    }
    store16(tcp + 2 * which, to_.port);
    store16(tcp + 16, update16(load16(tcp + 16), 0, both_));
  }

  Endpoint to_, from_;
  uint16_t address_ = 0, both_ = 0;  // one's-complement sums: what is new minus what was there
};

// An ICMP error about a packet that a translator changed: toward the client it quotes a source that was `inside`,
// toward the server a destination that was `outside`. `quotes`: translate what it quotes, too (RFC 5508 4). An inside
// router that is not the quoted endpoint keeps its address.
void translate_error_down(Packet&, const Layout&, const Quote&, const Endpoint& inside, bool quotes);
void translate_error_up(Packet&, const Layout&, const Quote&, const Endpoint& inside, const Endpoint& outside,
                        bool quotes);

}  // namespace gauntlet
