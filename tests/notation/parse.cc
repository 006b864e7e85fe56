// A packet from its line. IP and TCP headers are written here by hand, so that the tests do not rest on the code under
// test; only checksums come from src/wire (which has its own tests).
#include <arpa/inet.h>

#include <algorithm>
#include <map>

#include "notation/words.hh"
#include "util/box_schema.hh"
#include "wire/checksum.hh"
#include "wire/tcp.hh"

namespace gauntlet::notation {
namespace {

using Attributes = std::map<std::string, std::string, std::less<>>;
using Buffer = std::vector<uint8_t>;

struct Context {
  Direction toward;
  bool ipv6;
  unsigned flow = 1;
  Attributes attributes;

  uint64_t attribute(std::string_view name, uint64_t otherwise) const {
    const auto it = attributes.find(name);
    return it == attributes.end() ? otherwise : Words(it->second).number(it->first.c_str());
  }
};

void put16(Buffer& b, size_t at, uint64_t v) { store16(b.data() + at, static_cast<uint16_t>(v)); }

Buffer address(const Context& c, bool source) {
  const auto it = c.attributes.find(source ? "src" : "dst");
  const bool client = source == (c.toward == Direction::to_server);
  const std::string text = it != c.attributes.end() ? it->second
                           : c.ipv6                 ? (client ? "2001:db8::1" : "2001:db8:1::1")
                                                    : (client ? "192.0.2.1" : "198.51.100.1");
  Buffer out(c.ipv6 ? 16 : 4);
  if (inet_pton(c.ipv6 ? AF_INET6 : AF_INET, text.c_str(), out.data()) != 1)
    throw NotationError("'" + text + "' is not an address");
  return out;
}

uint16_t port(const Context& c, bool source) {
  const bool client = source == (c.toward == Direction::to_server);
  return static_cast<uint16_t>(c.attribute(source ? "sport" : "dport", client ? kClientPort + c.flow : kServerPort));
}

Buffer ip_packet(const Context& c, uint8_t proto, const Buffer& upper) {
  Buffer p(c.ipv6 ? 40 : 20);
  const Buffer source = address(c, true), destination = address(c, false);
  const auto tos = c.attribute("tos", 0), ttl = c.attribute("ttl", 64);
  if (c.ipv6) {
    put16(p, 0, 0x6000 | tos << 4);
    put16(p, 4, upper.size());
    p[6] = proto;
    p[7] = static_cast<uint8_t>(ttl);
  } else {
    put16(p, 0, 0x4500 | tos);
    put16(p, 2, 20 + upper.size());
    put16(p, 4, c.attribute("id", 1));
    put16(p, 6, 0x4000);
    p[8] = static_cast<uint8_t>(ttl);
    p[9] = proto;
  }
  std::copy(source.begin(), source.end(), p.begin() + (c.ipv6 ? 8 : 12));
  std::copy(destination.begin(), destination.end(), p.begin() + (c.ipv6 ? 24 : 16));
  p.insert(p.end(), upper.begin(), upper.end());
  write_checksums(Bytes(p));
  const Layout l = layout_of(p);
  if (const auto wrong = c.attribute("ipcsum", 0); wrong != 0) put16(p, 10, load16(p.data() + 10) + wrong);
  if (const auto wrong = c.attribute("csum", 0); wrong != 0) {
    const size_t at = l4_checksum_at(p, l);
    put16(p, at, load16(p.data() + at) + wrong);
  }
  const int64_t length = c.attributes.contains("len") ? signed_number(c.attributes.find("len")->second) : 0;
  p.resize(static_cast<size_t>(static_cast<int64_t>(p.size()) + length));
  return p;
}

uint8_t flag_of(char letter) {
  switch (letter) {
    case 'S':
      return kSyn;
    case 'F':
      return kFin;
    case 'R':
      return kRst;
    case 'P':
      return kPsh;
    case 'U':
      return kUrg;
    case 'E':
      return kEce;
    case 'C':
      return kCwr;
    case '.':
      return kAck;
    case '-':
      return 0;
    default:
      throw NotationError(std::string("'") + letter + "' is not a flag");
  }
}

char escaped(std::string_view& rest) {
  const char c = rest.front();
  rest.remove_prefix(1);
  if (c == 'r') return '\r';
  if (c == 'n') return '\n';
  if (c != 'x') return c;
  const char value = static_cast<char>(unhex(rest.substr(0, 2))[0]);
  rest.remove_prefix(2);
  return value;
}

// "text"*3 or 0x6869*3, up to the next blank.
Buffer payload_of(Words& w) {
  Buffer once;
  std::string_view rest = w.rest();
  if (rest.front() == '"') {
    rest.remove_prefix(1);
    while (!rest.empty() && rest.front() != '"') {
      char c = rest.front();
      rest.remove_prefix(1);
      if (c == '\\' && !rest.empty()) c = escaped(rest);
      once.push_back(static_cast<uint8_t>(c));
    }
    if (rest.empty()) throw NotationError("a quote is not closed");
    rest.remove_prefix(1);
  } else {
    const size_t end = std::min(rest.find_first_of(" *"), rest.size());
    once = unhex(rest.substr(0, end));
    rest.remove_prefix(end);
  }
  int64_t times = 1;
  if (rest.starts_with('*')) {
    const size_t end = std::min(rest.find(' '), rest.size());
    times = signed_number(rest.substr(1, end - 1));
    rest.remove_prefix(end);
  }
  w.drop(w.rest().size() - rest.size());
  Buffer all;
  for (; times > 0; --times) all.insert(all.end(), once.begin(), once.end());
  return all;
}

Buffer tcp_packet(Words& w, const Context& c) {
  uint8_t flags = 0;
  for (const char letter : w.next()) flags |= flag_of(letter);
  const std::string_view range = w.next();
  const size_t colon = std::min(range.find(':'), range.size());
  const int64_t from = signed_number(range.substr(0, colon));
  const int64_t to = colon == range.size() ? from : signed_number(range.substr(colon + 1));
  const uint32_t isn = c.toward == Direction::to_server ? kClientIsn : kServerIsn;
  const uint32_t other = c.toward == Direction::to_server ? kServerIsn : kClientIsn;
  uint32_t ack = 0;
  if (w.eat("ack")) ack = other + static_cast<uint32_t>(signed_number(w.next()));
  const uint64_t window = w.number_after("win", 500), urgent = w.number_after("urg", 0);
  Buffer options;
  if (!w.empty() && w.rest().front() == '<') {
    const size_t end = w.rest().find('>');
    options = parse_options(w.rest().substr(1, end - 1), c.toward);
    w.drop(end + 1);
  }
  const int64_t size = to - from - ((flags & kSyn) ? 1 : 0) - ((flags & kFin) ? 1 : 0);
  Buffer payload;
  if (!w.empty()) {
    payload = payload_of(w);
  } else {
    const uint32_t first = static_cast<uint32_t>(from) + ((flags & kSyn) ? 1 : 0);
    for (int64_t i = 0; i < size; ++i) payload.push_back(pattern(first + static_cast<uint32_t>(i)));
  }
  if (static_cast<int64_t>(payload.size()) != size) {
    throw NotationError(std::string(range) + " does not fit " + std::to_string(payload.size()) + " bytes of payload");
  }
  Buffer t(20);
  put16(t, 0, port(c, true));
  put16(t, 2, port(c, false));
  store32(t.data() + 4, isn + static_cast<uint32_t>(from));
  store32(t.data() + 8, ack);
  t[12] = static_cast<uint8_t>((20 + options.size()) / 4 << 4);
  t[13] = flags;
  put16(t, 14, window);
  put16(t, 18, urgent);
  t.insert(t.end(), options.begin(), options.end());
  t.insert(t.end(), payload.begin(), payload.end());
  return ip_packet(c, kProtoTcp, t);
}

Buffer udp_packet(Words& w, const Context& c) {
  const uint64_t size = w.number("payload bytes");
  Buffer u(8 + size);
  put16(u, 0, port(c, true));
  put16(u, 2, port(c, false));
  put16(u, 4, u.size());
  for (size_t i = 0; i < size; ++i) u[8 + i] = pattern(static_cast<uint32_t>(i));
  put16(u, 6, 0xffff);  // not zero: a checksum is wanted
  return ip_packet(c, kProtoUdp, u);
}

Buffer echo_packet(Words& w, const Context& c, bool reply) {
  Buffer e(16);
  e[0] = static_cast<uint8_t>(c.ipv6 ? (reply ? 129 : 128) : (reply ? 0 : 8));
  put16(e, 4, w.number("identifier"));
  put16(e, 6, w.number("sequence"));
  return ip_packet(c, c.ipv6 ? kProtoIcmp6 : kProtoIcmp, e);
}

Buffer icmp_packet(Words& w, const Context& c) {
  const std::string_view word = w.next();
  const size_t slash = word.find('/');
  Buffer e(8);
  e[0] = static_cast<uint8_t>(signed_number(word.substr(0, slash)));
  e[1] = static_cast<uint8_t>(signed_number(word.substr(slash + 1)));
  const uint64_t quote = w.number_after("quote", 65535);
  if (!w.rest().starts_with('[') || !w.rest().ends_with(']')) throw NotationError("an ICMP error quotes [ a packet ]");
  const Line inner = parse(w.rest().substr(1, w.rest().size() - 2), c.ipv6);
  const ConstBytes bytes = inner.packet.bytes();
  const ConstBytes quoted = bytes.first(std::min<size_t>(quote, bytes.size()));
  e.insert(e.end(), quoted.begin(), quoted.end());
  return ip_packet(c, c.ipv6 ? kProtoIcmp6 : kProtoIcmp, e);
}

// Takes "{ key=value ... }" off the end of the line; not one inside [ ].
Attributes take_attributes(std::string_view& text) {
  Attributes all;
  while (text.ends_with(' ')) text.remove_suffix(1);
  if (!text.ends_with('}')) return all;
  const size_t open = text.rfind('{');
  Words w(text.substr(open + 1, text.size() - open - 2));
  while (!w.empty()) {
    const std::string_view word = w.next();
    const size_t equals = word.find('=');
    if (equals == std::string_view::npos) throw NotationError("'" + std::string(word) + "' is not KEY=VALUE");
    std::string value(word.substr(equals + 1));
    if (value.starts_with('+')) value.erase(0, 1);
    all.emplace(word.substr(0, equals), value);
  }
  text = text.substr(0, open);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return all;
}

Buffer body(Words& w, Context& c) {
  if (w.eat("udp")) return udp_packet(w, c);
  if (w.eat("echo")) return echo_packet(w, c, false);
  if (w.eat("echoreply")) return echo_packet(w, c, true);
  if (w.eat("icmp")) return icmp_packet(w, c);
  if (w.eat("hex")) {
    std::string all;
    for (const char ch : w.rest()) {
      if (ch != ' ') all += ch;
    }
    return unhex(all);
  }
  return tcp_packet(w, c);
}

}  // namespace

uint8_t pattern(uint32_t relative) { return static_cast<uint8_t>('a' + (relative * 7 + relative / 26) % 26); }

std::vector<uint8_t> unhex(std::string_view text) {
  if (text.starts_with("0x")) text.remove_prefix(2);
  if (text.size() % 2 != 0) throw NotationError("'" + std::string(text) + "' is not a whole number of bytes");
  std::vector<uint8_t> out;
  for (size_t i = 0; i < text.size(); i += 2) {
    unsigned byte = 0;
    const auto [end, error] = std::from_chars(text.data() + i, text.data() + i + 2, byte, 16);
    if (error != std::errc{} || end != text.data() + i + 2)
      throw NotationError("'" + std::string(text) + "' is not hex");
    out.push_back(static_cast<uint8_t>(byte));
  }
  return out;
}

Line parse(std::string_view text, bool ipv6) {
  Line line;
  Context c{.toward = Direction::to_server, .ipv6 = ipv6, .attributes = take_attributes(text)};
  Words w(text);
  const std::string_view time = w.peek();
  if (time.starts_with('+') || time.starts_with('@')) {
    const auto ns = parse_duration(time.substr(1));
    if (!ns) throw NotationError("'" + std::string(time) + "' is not a time");
    (time[0] == '+' ? line.wait : line.at) = Time(*ns);
    w.next();
  }
  line.only_time = w.empty();
  if (line.only_time) return line;
  const std::string_view direction = w.next();
  if (direction != ">" && direction != "<")
    throw NotationError("'" + std::string(text) + "' does not begin with > or <");
  c.toward = line.toward = direction == ">" ? Direction::to_server : Direction::to_client;
  if (w.peek().starts_with('#')) c.flow = static_cast<unsigned>(signed_number(w.next().substr(1)));
  line.packet = Packet(body(w, c));
  return line;
}

}  // namespace gauntlet::notation
