#include "path/endpoints.hh"

#include <algorithm>
#include <cstring>

#include "path/quote_edit.hh"
#include "wire/checksum.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

constexpr size_t kNoPort = SIZE_MAX;

// Where the port stands in the upper-layer header. ICMP echo has one identifier, which belongs to whoever asks: it is
// the source of a request and the destination of a reply.
size_t port_at(ConstBytes packet, const Layout& l, bool source) {
  if (l.version == 0 || !l.first || l.l4 + 8u > packet.size()) return kNoPort;
  if (l.proto == kProtoTcp || l.proto == kProtoUdp) return source ? 0 : 2;
  const uint8_t type = packet[l.l4];
  const bool request = (l.proto == kProtoIcmp && type == 8) || (l.proto == kProtoIcmp6 && type == 128);
  const bool reply = (l.proto == kProtoIcmp && type == 0) || (l.proto == kProtoIcmp6 && type == 129);
  return (source && request) || (!source && reply) ? 4 : kNoPort;
}

std::optional<Endpoint> endpoint(ConstBytes packet, const Layout& l, bool source) {
  const size_t at = port_at(packet, l, source);
  if (at == kNoPort) return std::nullopt;
  Endpoint e;
  const ConstBytes address = source ? source_address(packet, l) : destination_address(packet, l);
  e.size = static_cast<uint8_t>(address.size());
  std::memcpy(e.address.data(), address.data(), address.size());
  e.proto = l.proto;
  e.port = load16(packet.data() + l.l4 + at);
  return e;
}

void set(Packet& p, const Layout& l, bool source, const Endpoint& e) {
  const size_t at = port_at(p.bytes(), l, source);
  if (at == kNoPort) return;
  uint8_t* upper = p.data() + l.l4;
  const uint16_t before = load16(upper + at);
  store16(upper + at, e.port);
  if (const size_t field = l4_checksum_at(p.bytes(), l); field != 0) {
    const uint16_t old = load16(p.data() + field);
    const bool udp = l.proto == kProtoUdp;
    uint16_t fresh = update16(old, before, e.port);
    if (udp && fresh == 0) fresh = 0xffff;
    if (!(udp && old == 0)) store16(p.data() + field, fresh);
  }
  source ? set_source_address(p, l, e.bytes()) : set_destination_address(p, l, e.bytes());
}

void set_quoted(Packet& p, const Layout& outer, const Quote& q, bool source, const Endpoint& e) {
  const size_t at = port_at(std::as_const(p).bytes().subspan(q.offset, q.size), q.inner, source);
  if (at == kNoPort) return;
  QuoteEdit edit(p, outer, q);
  edit.set16(at, e.port);
  source ? edit.set_source_address(e.bytes()) : edit.set_destination_address(e.bytes());
}

}  // namespace

std::optional<Endpoint> source_endpoint(ConstBytes p, const Layout& l) { return endpoint(p, l, true); }
std::optional<Endpoint> destination_endpoint(ConstBytes p, const Layout& l) { return endpoint(p, l, false); }
void set_source(Packet& p, const Layout& l, const Endpoint& e) { set(p, l, true, e); }
void set_destination(Packet& p, const Layout& l, const Endpoint& e) { set(p, l, false, e); }
void set_quoted_source(Packet& p, const Layout& outer, const Quote& q, const Endpoint& e) {
  set_quoted(p, outer, q, true, e);
}
void set_quoted_destination(Packet& p, const Layout& outer, const Quote& q, const Endpoint& e) {
  set_quoted(p, outer, q, false, e);
}

void translate_error_down(Packet& p, const Layout& l, const Quote& q, const Endpoint& inside, bool quotes) {
  if (quotes) set_quoted_source(p, l, q, inside);
  set_destination_address(p, l, inside.bytes());
}

void translate_error_up(Packet& p, const Layout& l, const Quote& q, const Endpoint& inside, const Endpoint& outside,
                        bool quotes) {
  if (quotes) set_quoted_destination(p, l, q, outside);
  const ConstBytes from = source_address(std::as_const(p).bytes(), l);
  if (std::ranges::equal(from, inside.bytes())) set_source_address(p, l, outside.bytes());
}

}  // namespace gauntlet
