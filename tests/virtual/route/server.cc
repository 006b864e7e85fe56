#include "virtual/route/server.hh"

#include <algorithm>

#include "mptcp/option.hh"
#include "tcp/segment.hh"
#include "wire/checksum.hh"
#include "wire/options.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

constexpr uint8_t kHostTtl = 64;
constexpr Duration kRepeat = std::chrono::milliseconds(500);

// The IP header of a packet of ours, upper layer behind it; checksums last.
Packet ip_packet(const IpAddress& from, const IpAddress& to, uint8_t proto, ConstBytes upper) {
  const bool v6 = from.version == 6;
  std::vector<uint8_t> p(v6 ? 40 : 20);
  if (v6) {
    p[0] = 0x60;
    store16(&p[4], static_cast<uint16_t>(upper.size()));
    p[6] = proto;
    p[7] = kHostTtl;
    std::copy_n(from.storage.begin(), 16, p.begin() + 8);
    std::copy_n(to.storage.begin(), 16, p.begin() + 24);
  } else {
    p[0] = 0x45;
    store16(&p[2], static_cast<uint16_t>(20 + upper.size()));
    p[8] = kHostTtl;
    p[9] = proto;
    std::copy_n(from.storage.begin(), 4, p.begin() + 12);
    std::copy_n(to.storage.begin(), 4, p.begin() + 16);
  }
  p.insert(p.end(), upper.begin(), upper.end());
  write_checksums(p);
  return Packet(p);
}

}  // namespace

Packet icmp_error(const IpAddress& from, ConstBytes packet, uint8_t type, uint8_t code, size_t quoted,
                  Filling filling) {
  const bool v6 = from.version == 6;
  std::vector<uint8_t> body(8);
  body[0] = type;
  body[1] = code;
  const ConstBytes quote = packet.first(std::min(quoted, packet.size()));
  body.insert(body.end(), quote.begin(), quote.end());
  if (filling != Filling::none) {
    const size_t unit = v6 ? 8 : 4;
    while (body.size() < 8 + 128 || (body.size() - 8) % unit != 0) body.push_back(0);
    if (filling != Filling::untold) body[v6 ? 4 : 5] = static_cast<uint8_t>((body.size() - 8) / unit);
  }
  if (filling == Filling::labelled) {
    std::vector<uint8_t> ext{0x20, 0, 0, 0, 0, 8, 1, 1, 0x00, 0x3e, 0x81, 0x01};  // label 1000
    store16(&ext[2], static_cast<uint16_t>(~sum16(ext)));
    body.insert(body.end(), ext.begin(), ext.end());
  }
  return ip_packet(from, ip_address(source_address(packet, layout_of(packet))), v6 ? kProtoIcmp6 : kProtoIcmp, body);
}

void VirtualServer::packet(ConstBytes p, Time now, const Out& out) {
  const Layout l = layout_of(p);
  if (l.version == 0 || l.fragment || ip_address(destination_address(p, l)) != address_ || !l4_checksum_ok(p, l))
    return;
  const bool v6 = l.version == 6;
  if (l.proto == kProtoUdp) return out(icmp_error(address_, p, v6 ? 1 : 3, v6 ? 4 : 3, p.size(), Filling::none));
  const bool echo = l.proto == (v6 ? kProtoIcmp6 : kProtoIcmp) && p.size() > l.l4 && p[l.l4] == (v6 ? 128 : 8);
  if (echo) {
    std::vector<uint8_t> body(p.begin() + l.l4, p.end());
    body[0] = v6 ? 129 : 0;
    return out(ip_packet(address_, ip_address(source_address(p, l)), l.proto, body));
  }
  if (l.tcp) tcp(p, l, now, out);
}

// RFC 8684 3.1: an MP_CAPABLE of version 1 and four bytes is answered with our key, anything else with plain TCP.
std::vector<uint8_t> VirtualServer::answer_options(ConstBytes asked) const {
  std::vector<uint8_t> o{2, 4, 0x05, 0xb4};
  if (find_option(asked, kOptSackOk).size == 2) o.insert(o.end(), {1, 1, 4, 2});
  if (const Option t = find_option(asked, kOptTimestamp); t.size == 10) {
    o.insert(o.end(), {1, 1, 8, 10, 0, 0, 0, 99});
    o.insert(o.end(), asked.begin() + t.offset + 2, asked.begin() + t.offset + 6);
  }
  if (find_option(asked, kOptWscale).size == 3) o.insert(o.end(), {1, 3, 3, 7});
  const Option m = find_option(asked, kOptMptcp);
  if (mptcp_ && m.size == 4) {
    const auto option = decode_mptcp(asked.subspan(m.offset, m.size));
    const auto* capable = std::get_if<MpCapable>(&option);
    if (capable != nullptr && capable->version == 1 && (capable->flags & 0x01) != 0)
      o.insert(o.end(), {30, 12, 0x01, 0x01, 1, 2, 3, 4, 5, 6, 7, 8});
  }
  return o;
}

void VirtualServer::tcp(ConstBytes p, const Layout& l, Time now, const Out& out) {
  const TcpView t(p, l);
  const TcpPair back = receivers_pair(p, l);
  const Key key{ip_address(source_address(p, l)), t.source(), t.destination()};
  const auto say = [&](uint32_t seq, uint32_t ack, uint8_t flags, ConstBytes options) {
    out(make_segment(back, {seq, ack, flags, 0xfe88}, options, {}));
  };
  if (t.has(kRst)) {
    connections_.erase(key);
    return;
  }
  if (t.has(kSyn) && !t.has(kAck)) {
    const Option m = find_option(t.options(), kOptMptcp);
    const bool join = m.size == 12 && t.options()[m.offset + 2u] >> 4 == 1;
    // RFC 8684 3.2: no connection has this token.
    if (mptcp_ && join) return say(0, t.seq() + t.sequence_length(), kRst | kAck, {});
    auto it = connections_.find(key);
    if (it == connections_.end() || it->second.next != t.seq() + 1)
      it = connections_
               .insert_or_assign(key, Connection{t.seq() * 2654435761u, t.seq() + 1, answer_options(t.options())})
               .first;
    Time& answered = it->second.answered;
    if (answered != Time{} && now - answered < kRepeat) return;
    answered = now;
    return say(it->second.isn, it->second.next, kSyn | kAck, it->second.options);
  }
  const auto it = connections_.find(key);
  if (it == connections_.end()) {
    if (auto reset = reset_for(p, l)) out(std::move(*reset));
    return;
  }
  Connection& c = it->second;
  const Option m = find_option(t.options(), kOptMptcp);
  if (mptcp_ && m.size != 0 &&
      std::holds_alternative<MpFastclose>(decode_mptcp(t.options().subspan(m.offset, m.size)))) {
    say(c.isn + 1, c.next, kRst | kAck, {});  // RFC 8684 3.5: a reset answers it
    connections_.erase(it);
    return;
  }
  if (t.sequence_length() == 0) return;
  if (t.seq() == c.next) c.next += t.sequence_length();
  say(c.isn + 1, c.next, kAck, {});
}

}  // namespace gauntlet
