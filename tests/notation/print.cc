// The line of a packet. What differs from the defaults of notation.hh is named; what has no line is hex.
#include <fmt/core.h>

#include <algorithm>

#include "mptcp/option.hh"
#include "notation/notation.hh"
#include "path/prefix.hh"
#include "wire/checksum.hh"
#include "wire/icmp.hh"
#include "wire/options.hh"
#include "wire/tcp.hh"

namespace gauntlet::notation {
namespace {

std::string option_text(ConstBytes o, uint32_t acked_isn) {
  const auto tail = [&] { return "0x" + hex(o.subspan(2)); };
  switch (o[0]) {
    case kOptMss:
      if (o.size() == 4) return fmt::format("mss {}", load16(o.data() + 2));
      break;
    case kOptWscale:
      if (o.size() == 3) return fmt::format("wscale {}", o[2]);
      break;
    case kOptSackOk:
      if (o.size() == 2) return "sackOK";
      break;
    case kOptTimestamp:
      if (o.size() == 10) return fmt::format("ts {} {}", load32(o.data() + 2), load32(o.data() + 6));
      break;
    case kOptMptcp:
      return to_text(decode_mptcp(o));
    case kOptSack:
      if (o.size() % 8 == 2) {
        std::string text = "sack";
        for (size_t i = 2; i < o.size(); i += 8) {
          text += fmt::format(" {}:{}", static_cast<int32_t>(load32(o.data() + i) - acked_isn),
                              static_cast<int32_t>(load32(o.data() + i + 4) - acked_isn));
        }
        return text;
      }
      break;
    default:
      break;
  }
  return o.size() == 2 ? fmt::format("opt {}", o[0]) : fmt::format("opt {} {}", o[0], tail());
}

std::string options_text(ConstBytes options, uint32_t acked_isn) {
  std::string text;
  const auto add = [&](const std::string& word) { text += (text.empty() ? "" : ", ") + word; };
  OptionWalk walk(options);
  for (Option o; walk.next(o);) {
    const ConstBytes bytes = options.subspan(o.offset, o.size);
    if (o.kind == kOptEol || o.malformed) return add("raw 0x" + hex(options.subspan(o.offset))), text;
    add(o.kind == kOptNop ? "nop" : option_text(bytes, acked_isn));
  }
  return text;
}

std::string flags_text(uint8_t flags) {
  std::string text;
  for (const auto& [flag, letter] : {std::pair{kSyn, 'S'},
                                     {kFin, 'F'},
                                     {kRst, 'R'},
                                     {kPsh, 'P'},
                                     {kUrg, 'U'},
                                     {kEce, 'E'},
                                     {kCwr, 'C'},
                                     {kAck, '.'}}) {
    if (flags & flag) text += letter;
  }
  return text.empty() ? "-" : text;
}

std::string payload_text(ConstBytes payload, uint32_t first) {
  if (payload.empty()) return {};
  bool plain = true, patterned = true;
  for (size_t i = 0; i < payload.size(); ++i) {
    patterned = patterned && payload[i] == pattern(first + static_cast<uint32_t>(i));
    plain = plain && payload[i] >= ' ' && payload[i] < 127 && payload[i] != '"' && payload[i] != '\\';
  }
  if (patterned) return {};
  return plain ? " \"" + std::string(payload.begin(), payload.end()) + '"' : " 0x" + hex(payload);
}

std::string tcp_text(ConstBytes p, const Layout& l, bool up) {
  const TcpView t(p, l);
  const uint32_t isn = up ? kClientIsn : kServerIsn, other = up ? kServerIsn : kClientIsn;
  const auto from = static_cast<int32_t>(t.seq() - isn);
  std::string text =
      fmt::format("{} {}:{}", flags_text(t.flags()), from, from + static_cast<int64_t>(t.sequence_length()));
  if (t.has(kAck)) text += fmt::format(" ack {}", static_cast<int32_t>(t.ack() - other));
  if (t.window() != 500) text += fmt::format(" win {}", t.window());
  if (t.urgent() != 0) text += fmt::format(" urg {}", t.urgent());
  if (!t.options().empty()) text += fmt::format(" <{}>", options_text(t.options(), other));
  return text + payload_text(t.payload(), static_cast<uint32_t>(from) + (t.has(kSyn) ? 1 : 0));
}

std::string attributes(ConstBytes p, const Layout& l, bool up) {
  const bool v4 = l.version == 4;
  const std::string source = address_text(source_address(p, l)), destination = address_text(destination_address(p, l));
  const std::string client = v4 ? "192.0.2.1" : "2001:db8::1", server = v4 ? "198.51.100.1" : "2001:db8:1::1";
  std::string text;
  if (source != (up ? client : server)) text += " src=" + source;
  if (destination != (up ? server : client)) text += " dst=" + destination;
  if (l.tcp || (l.proto == kProtoUdp && l.first && l.l4 + 8u <= p.size())) {
    const uint16_t sport = load16(p.data() + l.l4), dport = load16(p.data() + l.l4 + 2);
    if (sport != (up ? kClientPort + 1 : kServerPort)) text += fmt::format(" sport={}", sport);
    if (dport != (up ? kServerPort : kClientPort + 1)) text += fmt::format(" dport={}", dport);
  }
  if (v4 && load16(p.data() + 4) != 1) text += fmt::format(" id={}", load16(p.data() + 4));
  const uint8_t ttl = p[v4 ? 8 : 7];
  if (ttl != 64) text += fmt::format(" ttl={}", ttl);
  if (v4 && load16(p.data() + 10) != ipv4_checksum(p, l)) {
    text += fmt::format(" ipcsum=+{}", static_cast<uint16_t>(load16(p.data() + 10) - ipv4_checksum(p, l)));
  }
  if (!l4_checksum_ok(p, l)) {
    text +=
        fmt::format(" csum=+{}", static_cast<uint16_t>(load16(p.data() + l4_checksum_at(p, l)) - l4_checksum(p, l)));
  }
  if (!whole(l, p)) text += fmt::format(" len={}", static_cast<int64_t>(p.size()) - l.ip_total);
  return text.empty() ? text : " {" + text.substr(1) + "}";
}

}  // namespace

std::string hex(ConstBytes bytes) {
  std::string s;
  for (const uint8_t b : bytes) s += fmt::format("{:02x}", b);
  return s;
}

std::string print(ConstBytes p, Direction toward) {
  const Layout l = layout_of(p);
  const bool up = toward == Direction::to_server;
  const std::string arrow = up ? "> " : "< ";
  if (l.tcp) return arrow + tcp_text(p, l, up) + attributes(p, l, up);
  if (const Quote q = quote_of(p, l); q.there) {
    const std::string inner = print(p.subspan(q.offset, q.size), opposite(toward));
    return fmt::format("{}icmp {}/{} [{}]{}", arrow, q.type, q.code, inner, attributes(p, l, up));
  }
  if (l.version == 0 || !l.first || l.l4 + 8u > p.size()) return arrow + "hex " + hex(p);
  if (l.proto == kProtoUdp)
    return fmt::format("{}udp {}{}", arrow, load16(p.data() + l.l4 + 4) - 8, attributes(p, l, up));
  if (l.proto == kProtoIcmp || l.proto == kProtoIcmp6) {
    const bool reply = p[l.l4] == 0 || p[l.l4] == 129;
    return fmt::format("{}{} {} {}{}", arrow, reply ? "echoreply" : "echo", load16(p.data() + l.l4 + 4),
                       load16(p.data() + l.l4 + 6), attributes(p, l, up));
  }
  return arrow + "hex " + hex(p);
}

}  // namespace gauntlet::notation
