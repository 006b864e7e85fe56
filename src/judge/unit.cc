#include "judge/unit.hh"

#include <algorithm>
#include <cstring>

#include "wire/checksum.hh"
#include "wire/options.hh"

namespace gauntlet {
namespace {

// Eight bytes at a time: payloads are hashed once per segment and side. Within one run of the program only.
uint64_t hash_bytes(ConstBytes bytes, uint64_t seed = 0) {
  constexpr uint64_t kFirst = 0x9e3779b97f4a7c15, kSecond = 0xd6e8feb86659fd93;
  uint64_t hash = seed * kFirst + bytes.size();
  const auto mix = [&](uint64_t word) {
    hash = (hash ^ word) * kSecond;
    hash ^= hash >> 32;
  };
  uint64_t word = 0;
  while (bytes.size() >= sizeof word) {
    std::memcpy(&word, bytes.data(), sizeof word);
    mix(word);
    bytes = bytes.subspan(sizeof word);
  }
  word = 0;
  if (!bytes.empty()) std::memcpy(&word, bytes.data(), bytes.size());
  mix(word);
  return hash * kFirst ^ hash >> 29;
}

// Of the Timestamps option, kind 8 and 10 bytes long.
uint64_t stamp_of(ConstBytes options) {
  const Option found = find_option(options, kOptTimestamp);
  return found.size == 10 ? uint64_t{1} << 32 | load32(options.data() + found.offset + 2) : 0;
}

// What is the same on both sides of a router.
uint64_t hash_whole(const TracedFrame& f, ConstBytes ip, uint64_t payload) {
  const bool v4 = f.layout.version == 4;
  const size_t ttl = v4 ? 8 : 7;
  const ConstBytes header = ip.first(std::min<size_t>(f.layout.payload, ip.size()));
  const bool right = !v4 || load16(ip.data() + 10) == ipv4_checksum(ip, f.layout);
  uint64_t hash =
      hash_bytes(header.first(ttl), uint64_t{ip.size()} << 2 | uint64_t{f.cut_short} << 1 | uint64_t{right});
  if (v4) hash = hash_bytes(header.subspan(9, 1), hash);
  return hash_bytes(header.subspan(v4 ? 12 : 8), hash ^ payload);
}

}  // namespace

Units units_of(const Trace& trace, const Half& half, uint32_t from, uint32_t to, const StreamMap& stream,
               const StreamMap& acked, bool downstream) {
  Units units{from, {}};
  units.list.reserve(to - from);
  const auto place = [&](int64_t x) { return downstream ? stream.behind(x) : stream.before(x); };
  for (uint32_t i = from; i < to; ++i) {
    const FlowSegment& s = half.segments[i];
    const TracedFrame& f = trace.frames()[s.frame];
    const ConstBytes ip = trace.look(f);
    const TcpView tcp(ip, f.layout);
    Unit& u = units.list.emplace_back();
    u.start = place(s.start);
    u.end = s.occupies() ? place(s.end()) : u.start;
    if (s.ack != FlowSegment::kNone) u.ack = downstream ? acked.before(s.ack) : acked.behind(s.ack);
    u.time = f.time;
    u.payload = hash_bytes(tcp.payload());
    u.options = hash_bytes(tcp.options(), 1);
    u.stamp = stamp_of(tcp.options());
    u.window = tcp.window();
    u.ip_id = f.layout.version == 4 ? load16(ip.data() + 4) : uint16_t{0};
    u.flags = s.flags;
    u.ttl = ip[f.layout.version == 4 ? 8 : 7];
    u.whole = hash_whole(f, ip, u.payload);
    u.occupies = s.occupies();
    const uint64_t rest[] = {static_cast<uint64_t>(u.start),
                             static_cast<uint64_t>(u.end),
                             static_cast<uint64_t>(u.ack),
                             u.payload,
                             u.options,
                             uint64_t{u.window} << 32 | uint64_t{u.flags} << 16 | tcp.urgent(),
                             uint64_t{s.length} << 8 | tcp.reserved()};
    u.print = hash_bytes({reinterpret_cast<const uint8_t*>(rest), sizeof rest}, 2);
  }
  return units;
}

}  // namespace gauntlet
