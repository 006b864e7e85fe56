#include "probe/craft.hh"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "util/error.hh"
#include "wire/checksum.hh"

namespace gauntlet {
namespace {

std::vector<uint8_t> tcp_segment(const ProbeSpec& spec, const ProbeFlow& flow, uint8_t ttl) {
  const auto options = option_block(spec, flow, ttl);
  std::vector<uint8_t> s(20);
  if (spec.segment.empty()) {
    store32(&s[4], flow.seq + static_cast<uint32_t>(spec.seq_offset) + stream_offset(spec, ttl));
    store32(&s[8], spec.flags & 0x10 ? flow.ack : 0);
    s[12] = static_cast<uint8_t>((20 + options.size()) / 4 << 4);
    s[13] = spec.flags;
    store16(&s[14], static_cast<uint16_t>(spec.window.value_or(flow.window) ^ (ttl & 0x3f)));
    s.insert(s.end(), options.begin(), options.end());
    s.insert(s.end(), spec.payload.begin(), spec.payload.end());
  } else {
    s = spec.segment;
    store32(&s[4], flow.seq + static_cast<uint32_t>(spec.seq_offset) + stream_offset(spec, ttl));
    store32(&s[8], spec.flags & 0x10 ? flow.ack : 0);
    store16(&s[16], 0);
  }
  store16(&s[0], flow.source_port);
  store16(&s[2], spec.destination_port.value_or(flow.destination_port));
  return s;
}

// Ports and length stay the same for every TTL: routers that hash them see one flow. The last two bytes name the TTL,
// and with them the checksum, which stands in the eight bytes every router quotes.
std::vector<uint8_t> udp_datagram(const ProbeSpec& spec, const ProbeFlow& flow, uint8_t ttl) {
  std::vector<uint8_t> s(8);
  store16(&s[0], flow.source_port);
  store16(&s[2], spec.destination_port.value_or(flow.destination_port));
  s.insert(s.end(), spec.payload.begin(), spec.payload.end());
  s.push_back(0);
  s.push_back(0);
  store16(&s[s.size() - 2], udp_mark(flow, ttl));
  store16(&s[4], static_cast<uint16_t>(s.size()));
  return s;
}

// RFC 792, RFC 4443 4.1. The identifier is the flow's, the sequence number the TTL. The bytes behind it keep the
// checksum the same for every TTL (routers that hash the first four ICMP bytes see one flow).
std::vector<uint8_t> icmp_echo(const ProbeSpec& spec, const ProbeFlow& flow, uint8_t ttl) {
  std::vector<uint8_t> s(8);
  s[0] = flow.destination.version == 4 ? 8 : 128;
  store16(&s[4], flow.source_port);
  store16(&s[6], ttl);
  s.push_back(static_cast<uint8_t>((0xffff - ttl) >> 8));
  s.push_back(static_cast<uint8_t>((0xffff - ttl) & 0xff));
  s.insert(s.end(), spec.payload.begin(), spec.payload.end());
  return s;
}

}  // namespace

std::vector<uint8_t> craft(const ProbeSpec& spec, const ProbeFlow& flow, uint8_t ttl) {
  const bool v6 = flow.destination.version == 6;
  const uint8_t proto = spec.proto == kProtoIcmp && v6 ? kProtoIcmp6 : spec.proto;
  const auto upper = proto == kProtoTcp   ? tcp_segment(spec, flow, ttl)
                     : proto == kProtoUdp ? udp_datagram(spec, flow, ttl)
                                          : icmp_echo(spec, flow, ttl);
  const auto tos = static_cast<uint8_t>(spec.dscp << 2 | spec.ecn);
  std::vector<uint8_t> p(v6 ? 40 : 20);
  if (v6) {  // RFC 8200 3
    store32(&p[0], 6u << 28 | static_cast<uint32_t>(tos) << 20 | (flow.flow_label & 0xfffff));
    store16(&p[4], static_cast<uint16_t>(upper.size()));
    p[6] = proto;
    p[7] = ttl;
    std::copy_n(flow.source.storage.begin(), 16, p.begin() + 8);
    std::copy_n(flow.destination.storage.begin(), 16, p.begin() + 24);
  } else {  // RFC 791 3.1; DF, as TCP of every stack has it
    p[0] = 0x45;
    p[1] = tos;
    store16(&p[2], static_cast<uint16_t>(20 + upper.size()));
    store16(&p[4], static_cast<uint16_t>(flow.id_base + kIdStep * ttl));
    store16(&p[6], 0x4000);
    p[8] = ttl;
    p[9] = proto;
    std::copy_n(flow.source.storage.begin(), 4, p.begin() + 12);
    std::copy_n(flow.destination.storage.begin(), 4, p.begin() + 16);
  }
  p.insert(p.end(), upper.begin(), upper.end());
  write_checksums(p);
  if (proto == kProtoUdp) {  // zero means "none": write_checksums leaves it alone, so it is set here (RFC 768)
    const Layout l = layout_of(p);
    const uint16_t sum = l4_checksum(p, l);
    store16(&p[l.l4 + 6], sum == 0 ? 0xffff : sum);
  }
  return p;
}

uint16_t udp_mark(const ProbeFlow& flow, uint8_t ttl) { return static_cast<uint16_t>(flow.seq + ttl); }

std::vector<uint8_t> bytes_of_hex(const std::string& hex) {
  std::vector<uint8_t> out;
  int high = -1;
  for (const char c : hex) {
    if (c == ' ' || c == ':' || c == '.') continue;
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) throw UsageError(fmt::format("'{}' is not hexadecimal", hex));
    if (high < 0) {
      high = digit;
    } else {
      out.push_back(static_cast<uint8_t>(high << 4 | digit));
      high = -1;
    }
  }
  if (high >= 0) throw UsageError(fmt::format("'{}' has an odd number of hexadecimal digits", hex));
  return out;
}

std::string hex_of(const std::vector<uint8_t>& bytes) { return fmt::format("{:02x}", fmt::join(bytes, "")); }

}  // namespace gauntlet
