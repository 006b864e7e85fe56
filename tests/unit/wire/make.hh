// Packets for the tests of src/wire, put together by hand: no code under test but the stores and write_checksums().
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "util/rng.hh"
#include "wire/bytes.hh"
#include "wire/checksum.hh"
#include "wire/layout.hh"

namespace gauntlet {

using Buffer = std::vector<uint8_t>;

inline Buffer from_hex(std::string_view text) {
  Buffer bytes;
  std::string digits;
  for (const char c : text)
    if (c != ' ') digits += c;
  for (size_t i = 0; i + 1 < digits.size(); i += 2)
    bytes.push_back(static_cast<uint8_t>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  return bytes;
}

inline Buffer random_bytes(Rng& rng, size_t n) {
  Buffer v(n);
  for (uint8_t& b : v) b = static_cast<uint8_t>(rng.next());
  return v;
}

inline Buffer operator+(Buffer a, const Buffer& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// 10.0.0.1 -> 10.0.0.2, DF, TTL 64.
inline Buffer ipv4(uint8_t proto, const Buffer& body) {
  Buffer p = from_hex("4500 0000 abcd 4000 40 00 0000 0a000001 0a000002");
  p[9] = proto;
  store16(&p[2], static_cast<uint16_t>(p.size() + body.size()));
  p = p + body;
  write_checksums(p);
  return p;
}

// 2001:db8::1 -> 2001:db8::2. `first` is the protocol of what `body` begins with.
inline Buffer ipv6(uint8_t first, const Buffer& body) {
  Buffer p = from_hex("60000000 0000 00 40 20010db8000000000000000000000001 20010db8000000000000000000000002");
  p[6] = first;
  store16(&p[4], static_cast<uint16_t>(body.size()));
  p = p + body;
  write_checksums(p);
  return p;
}

// Port 1000 -> 2000, seq 0x01020304, ack 0x05060708, ACK and PSH. `words`: data offset; 0: what the options need.
inline Buffer tcp(const Buffer& options, const Buffer& payload, unsigned words = 0) {
  Buffer t = from_hex("03e8 07d0 01020304 05060708 5018 1000 0000 0000");
  if (words == 0) words = static_cast<unsigned>((20 + options.size() + 3) / 4);
  t[12] = static_cast<uint8_t>(words << 4);
  return t + options + payload;
}

inline Buffer bytes_of(ConstBytes b) { return {b.begin(), b.end()}; }

// How far a checksum is from the right one, as a one's-complement number: 0 when it is right.
inline uint16_t wrong_by(uint16_t there, uint16_t right) {
  const uint16_t d = fold(static_cast<uint64_t>(there) + static_cast<uint16_t>(~right));
  return d == 0xffff ? 0 : d;
}

}  // namespace gauntlet
