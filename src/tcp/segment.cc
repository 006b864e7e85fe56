#include "tcp/segment.hh"

#include <algorithm>

#include "wire/checksum.hh"
#include "wire/options.hh"

namespace gauntlet {
namespace {

constexpr size_t kMostOptions = 40;

void put(std::vector<uint8_t>& out, std::initializer_list<uint8_t> bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}
void put32(std::vector<uint8_t>& out, uint32_t v) {
  const size_t at = out.size();
  out.resize(at + 4);
  store32(out.data() + at, v);
}
TcpAddress address_of(ConstBytes bytes, uint16_t port) {
  TcpAddress a{static_cast<uint8_t>(bytes.size() == 4 ? 4 : 6), {}, port};
  std::copy(bytes.begin(), bytes.end(), a.bytes.begin());
  return a;
}

}  // namespace

TcpPair receivers_pair(ConstBytes packet, const Layout& l) {
  const TcpView tcp(packet, l);
  return {address_of(destination_address(packet, l), tcp.destination()),
          address_of(source_address(packet, l), tcp.source())};
}

TcpOptions parse_tcp_options(ConstBytes options) {
  TcpOptions all;
  OptionWalk walk(options);
  for (Option o; walk.next(o);) {
    if (o.malformed) break;
    const uint8_t* p = options.data() + o.offset;
    if (o.kind == kOptMss && o.size == 4 && !all.mss) all.mss = load16(p + 2);
    if (o.kind == kOptWscale && o.size == 3 && !all.wscale) all.wscale = p[2];
    if (o.kind == kOptSackOk && o.size == 2) all.sack_ok = true;
    if (o.kind == kOptTimestamp && o.size == 10 && !all.timestamps) all.timestamps = {load32(p + 2), load32(p + 6)};
    if (o.kind == kOptSack && o.size % 8 == 2 && all.sack_count == 0) {
      for (size_t at = 2; at + 8 <= o.size && all.sack_count < all.sack.size(); at += 8) {
        all.sack[all.sack_count++] = {load32(p + at), load32(p + at + 4)};
      }
    }
  }
  return all;
}

std::vector<uint8_t> encode_tcp_options(const TcpOptions& o, ConstBytes extra) {
  std::vector<uint8_t> out;
  if (o.mss) put(out, {kOptMss, 4, static_cast<uint8_t>(*o.mss >> 8), static_cast<uint8_t>(*o.mss)});
  if (o.timestamps) {
    // SACK-permitted fits where the padding would stand (RFC 7323 appendix A).
    o.sack_ok ? put(out, {kOptSackOk, 2}) : put(out, {kOptNop, kOptNop});
    put(out, {kOptTimestamp, 10});
    put32(out, o.timestamps->value);
    put32(out, o.timestamps->echo);
  } else if (o.sack_ok) {
    put(out, {kOptNop, kOptNop, kOptSackOk, 2});
  }
  if (o.wscale) put(out, {kOptNop, kOptWscale, 3, *o.wscale});
  const size_t rest = kMostOptions - out.size();
  const size_t padded = (extra.size() + 3) / 4 * 4;
  const bool fits = padded <= rest;
  const size_t room = rest - (fits ? padded : 0);
  const size_t blocks = room < 12 ? 0 : std::min(o.sack_count, (room - 4) / 8);
  if (blocks > 0) {
    put(out, {kOptNop, kOptNop, kOptSack, static_cast<uint8_t>(2 + 8 * blocks)});
    for (size_t i = 0; i < blocks; ++i) put32(out, o.sack[i].left), put32(out, o.sack[i].right);
  }
  if (fits) {
    out.insert(out.end(), extra.begin(), extra.end());
    out.resize((out.size() + 3) / 4 * 4, kOptNop);
  }
  return out;
}

Packet make_segment(const TcpPair& pair, const TcpHeader& h, ConstBytes options, ConstBytes payload, uint16_t ip_id) {
  const bool v4 = pair.local.version == 4;
  const size_t ip = v4 ? 20 : 40, address = v4 ? 4 : 16;
  std::vector<uint8_t> bytes(ip + 20 + options.size() + payload.size());
  uint8_t* p = bytes.data();
  if (v4) {
    p[0] = 0x45;
    store16(p + 2, static_cast<uint16_t>(bytes.size()));
    store16(p + 4, ip_id);
    p[6] = 0x40;
    p[8] = 64;
    p[9] = kProtoTcp;
  } else {
    p[0] = 0x60;
    store16(p + 4, static_cast<uint16_t>(bytes.size() - ip));
    p[6] = kProtoTcp;
    p[7] = 64;
  }
  std::copy_n(pair.local.bytes.begin(), address, p + (v4 ? 12 : 8));
  std::copy_n(pair.remote.bytes.begin(), address, p + (v4 ? 16 : 24));
  uint8_t* t = p + ip;
  store16(t, pair.local.port);
  store16(t + 2, pair.remote.port);
  store32(t + 4, h.seq);
  store32(t + 8, h.ack);
  t[12] = static_cast<uint8_t>((20 + options.size()) / 4 << 4);
  t[13] = h.flags;
  store16(t + 14, h.window);
  std::copy(options.begin(), options.end(), t + 20);
  std::copy(payload.begin(), payload.end(), t + 20 + options.size());
  write_checksums(bytes);
  return Packet(bytes);
}

std::optional<Packet> reset_for(ConstBytes packet, const Layout& l) {
  const TcpView tcp(packet, l);
  if (tcp.has(kRst)) return std::nullopt;
  const TcpPair pair = receivers_pair(packet, l);
  if (tcp.has(kAck)) return make_segment(pair, {tcp.ack(), 0, kRst, 0}, {}, {});
  return make_segment(pair, {0, tcp.seq() + tcp.sequence_length(), kRst | kAck, 0}, {}, {});
}

}  // namespace gauntlet
