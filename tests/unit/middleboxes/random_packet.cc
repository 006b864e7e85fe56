#include "random_packet.hh"

#include <fmt/core.h>

#include "mptcp/option.hh"
#include "notation/notation.hh"
#include "wire/checksum.hh"

namespace gauntlet {
namespace {

constexpr const char* kFlags[] = {"S", "S.", ".", ".", "P.", "P.", "P.", "F.", "PF.", "R", "R.", "UP."};
constexpr const char* kOptions[] = {"mss 1460, mpc v1 nokey",
                                    "mss 1460, sackOK, ts 1 0, nop, wscale 7",
                                    "nop*2, ts 9 8",
                                    "nop*2, ts 9 8, dss dack4 5 dsn4 9 ssn 1 len 20, nop*2",
                                    "dss dack8 5 dsn8 9 ssn 1 len 20 csum 0x1234, nop*2, nop*2",
                                    "nop*2, sack 5:9 20:30",
                                    "join syn id 1 token 7 nonce 9",
                                    "prio, nop, rm id 4",
                                    "tcprst flags 0 reason 6",
                                    "opt 253 0x0102, eol*4",
                                    "raw 0x1e280000",
                                    "raw 0x001e0c20, dss dack4 1",
                                    "raw 0x05010101",
                                    "raw 0x1e020a05"};

void damage(Rng& rng, Packet& p) {
  switch (rng.below(5)) {
    case 0:  // a byte anywhere
      p.data()[rng.below(p.size())] = static_cast<uint8_t>(rng.next());
      break;
    case 1:  // cut
      p.truncate(rng.below(p.size()) + 1);
      break;
    case 2: {  // trailing bytes
      const uint8_t more[4] = {1, 2, 3, 4};
      p.append(more);
      break;
    }
    case 3:  // random option bytes
      for (size_t i = 52; i < std::min<size_t>(p.size(), 72); ++i) p.data()[i] = static_cast<uint8_t>(rng.below(40));
      break;
    default: {  // noise
      std::vector<uint8_t> noise(1 + rng.below(120));
      for (auto& b : noise) b = static_cast<uint8_t>(rng.next());
      if (rng.chance(0.7)) noise[0] = rng.chance(0.5) ? 0x45 : 0x60;
      p = Packet(noise);
    }
  }
}

// The rest of a datagram that was cut: no header of an upper layer, whatever the first bytes look like (RFC 791,
// RFC 8200 4.5).
void make_later_fragment(Rng& rng, Packet& p, bool ipv6) {
  const auto units = static_cast<uint16_t>(1 + rng.below(100));
  if (!ipv6) {
    store16(p.data() + 6, static_cast<uint16_t>((rng.chance(0.5) ? 0x2000 : 0) | units));
    return write_checksums(p.bytes());
  }
  std::vector<uint8_t> bytes(p.data(), p.data() + p.size());
  const uint8_t header[8] = {bytes[6], 0, static_cast<uint8_t>(units >> 5), static_cast<uint8_t>(units << 3), 0, 0,
                             0,        7};
  bytes.insert(bytes.begin() + 40, header, header + 8);
  bytes[6] = 44;
  store16(&bytes[4], static_cast<uint16_t>(bytes.size() - 40));
  p = Packet(bytes);
}

std::string other_line(Rng& rng, const char* arrow, bool ipv6) {
  switch (rng.below(3)) {
    case 0:
      return fmt::format("{} udp {}", arrow, rng.below(50));
    case 1:
      return fmt::format("{} {} {} 1", arrow, *arrow == '>' ? "echo" : "echoreply", rng.below(5));
    default:
      return fmt::format("{} icmp {} quote {} [{} #{} P. {}:{} ack {}]", arrow, ipv6 ? "1/4" : "3/4",
                         ipv6 ? 48 : 28 + 4 * rng.below(5), *arrow == '>' ? '<' : '>', 1 + rng.below(4), 1, 9, 1);
  }
}

}  // namespace

RandomPacket random_packet(Rng& rng, bool ipv6, bool junk) {
  const char* arrow = rng.chance(0.6) ? ">" : "<";
  std::string line;
  if (junk && rng.chance(0.15)) {
    line = other_line(rng, arrow, ipv6);
  } else {
    const std::string flags = kFlags[rng.below(std::size(kFlags))];
    const bool syn = flags[0] == 'S';
    const uint64_t seq = syn ? 0 : 1 + 10 * rng.below(12), size = syn || rng.chance(0.3) ? 0 : 10 * (1 + rng.below(9));
    const uint64_t end = seq + size + (syn ? 1 : 0) + (flags.find('F') != std::string::npos ? 1 : 0);
    line = fmt::format("{} #{} {} {}:{}", arrow, 1 + rng.below(4), flags, seq, end);
    if (flags.find('.') != std::string::npos) line += fmt::format(" ack {}", 1 + rng.below(100));
    if (flags[0] == 'U') line += " urg 3";
    if (rng.chance(0.7)) line += fmt::format(" <{}>", kOptions[rng.below(junk ? std::size(kOptions) : 10)]);
    if (junk && rng.chance(0.1)) line += fmt::format(" {{csum=+{}}}", 1 + rng.below(60000));
  }
  notation::Line parsed = notation::parse(line, ipv6);
  if (junk && rng.chance(0.05)) {
    make_later_fragment(rng, parsed.packet, ipv6);
  } else if (junk && rng.chance(0.2)) {
    damage(rng, parsed.packet);
  }
  return {std::move(parsed.packet), parsed.toward};
}

}  // namespace gauntlet
