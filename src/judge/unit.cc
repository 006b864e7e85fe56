#include "judge/unit.hh"

#include <string_view>

#include "util/rng.hh"

namespace gauntlet {
namespace {

uint64_t hash_bytes(ConstBytes bytes, uint64_t seed = 0) {
  return hash64(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()), seed);
}

}  // namespace

std::vector<Unit> units_of(const Trace& trace, const Half& half, const StreamMap& stream, const StreamMap& acked,
                           bool downstream) {
  std::vector<Unit> units;
  units.reserve(half.segments.size());
  const auto place = [&](int64_t x) { return downstream ? stream.behind(x) : stream.before(x); };
  for (const FlowSegment& s : half.segments) {
    const TracedFrame& f = trace.frames()[s.frame];
    const TcpView tcp(f.ip, f.layout);
    Unit& u = units.emplace_back();
    u.start = place(s.start);
    u.end = s.occupies() ? place(s.end()) : u.start;
    if (s.ack != FlowSegment::kNone) u.ack = downstream ? acked.before(s.ack) : acked.behind(s.ack);
    u.time = f.time;
    u.payload = hash_bytes(tcp.payload());
    u.options = hash_bytes(tcp.options(), 1);
    u.window = tcp.window();
    u.ip_id = f.layout.version == 4 ? load16(f.ip.data() + 4) : uint16_t{0};
    u.flags = s.flags;
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
