// src/wire against libtins, on random well-formed packets that libtins makes: our reading agrees with its values, and
// each of our edits gives, byte for byte, what libtins serialises when the same value is set in its object.
//
// Left out is what libtins 4.0 does not write exactly: IPv4 options, options of two bytes but SACK-permitted, bytes
// behind EOL.
#include <gtest/gtest.h>
#include <tins/tins.h>

#include <memory>

#include "make.hh"
#include "wire/options.hh"
#include "wire/packet.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

struct Made {  // the values of one segment; libtins writes it, we must find them again
  bool v6 = false;
  Buffer source, destination;
  uint16_t sport = 0, dport = 0, window = 0, urgent = 0;
  uint32_t seq = 0, ack = 0;
  uint8_t flags = 0;
  std::vector<Buffer> options;  // kind first, as they shall stand
  Buffer payload;

  Buffer bytes() const;
  Buffer option_block() const {
    Buffer all;
    for (const Buffer& o : options) all = all + o;
    return all;
  }
};

Buffer Made::bytes() const {
  Tins::TCP t(dport, sport);
  t.seq(seq);
  t.ack_seq(ack);
  t.window(window);
  t.urg_ptr(urgent);
  t.flags(flags);
  for (const Buffer& o : options) {
    const auto kind = static_cast<Tins::TCP::OptionTypes>(o[0]);
    if (o.size() == 1)
      t.add_option(Tins::TCP::option(kind));
    else
      t.add_option(Tins::TCP::option(kind, o.begin() + 2, o.end()));
  }
  if (v6) {
    Tins::IPv6 ip(Tins::IPv6Address(destination.data()), Tins::IPv6Address(source.data()));
    ip.hop_limit(64);
    ip /= t;
    if (!payload.empty()) ip /= Tins::RawPDU(payload);
    return ip.serialize();
  }
  Tins::IP ip(Tins::IPv4Address(*reinterpret_cast<const uint32_t*>(destination.data())),
              Tins::IPv4Address(*reinterpret_cast<const uint32_t*>(source.data())));
  ip.ttl(64);
  ip.id(0x1234);
  ip /= t;
  if (!payload.empty()) ip /= Tins::RawPDU(payload);
  return ip.serialize();
}

std::vector<Buffer> random_options(Rng& rng) {
  std::vector<Buffer> all;
  size_t room = rng.below(41), used = 0;
  while (room > 0) {
    static constexpr uint8_t kinds[] = {kOptNop,       kOptMss,   kOptWscale, kOptSackOk, kOptSack,
                                        kOptTimestamp, kOptMptcp, kOptMptcp,  253};
    const uint8_t kind = kinds[rng.below(std::size(kinds))];
    size_t size = 0;
    switch (kind) {
      case kOptNop:
        size = 1;
        break;
      case kOptMss:
        size = 4;
        break;
      case kOptWscale:
        size = 3;
        break;
      case kOptSackOk:
        size = 2;
        break;
      case kOptSack:
        size = 2 + 8 * (1 + rng.below(4));
        break;
      case kOptTimestamp:
        size = 10;
        break;
      default:
        size = 3 + rng.below(26);
        break;
    }
    if (size > room) break;
    Buffer o = random_bytes(rng, size);
    o[0] = kind;
    if (size > 1) o[1] = static_cast<uint8_t>(size);
    all.push_back(o);
    room -= size;
    used += size;
  }
  for (; used % 4 != 0; ++used) all.push_back({kOptNop});  // libtins 4.0 fills up with these, too
  return all;
}

Made random_packet(Rng& rng) {
  Made m;
  m.v6 = rng.chance(0.5);
  m.source = random_bytes(rng, m.v6 ? 16 : 4);
  m.destination = random_bytes(rng, m.v6 ? 16 : 4);
  m.sport = static_cast<uint16_t>(rng.next());
  m.dport = static_cast<uint16_t>(rng.next());
  m.window = static_cast<uint16_t>(rng.next());
  m.urgent = static_cast<uint16_t>(rng.next());
  m.seq = static_cast<uint32_t>(rng.next());
  m.ack = static_cast<uint32_t>(rng.next());
  m.flags = static_cast<uint8_t>(rng.next());
  m.options = random_options(rng);
  m.payload = random_bytes(rng, rng.chance(0.2) ? 0 : rng.below(1461));
  return m;
}

constexpr int kRounds = 10000;

TEST(Libtins, ReadsTheSame) {
  Rng rng(100);
  for (int i = 0; i < kRounds; ++i) {
    const Made m = random_packet(rng);
    const Buffer p = m.bytes();
    const Layout l = layout_of(p);
    ASSERT_TRUE(l.tcp && whole(l, p));
    ASSERT_EQ(l.version, m.v6 ? 6 : 4);
    const TcpView v(p, l);
    ASSERT_EQ(bytes_of(source_address(p, l)), m.source);
    ASSERT_EQ(bytes_of(destination_address(p, l)), m.destination);
    ASSERT_EQ(v.source(), m.sport);
    ASSERT_EQ(v.destination(), m.dport);
    ASSERT_EQ(v.seq(), m.seq);
    ASSERT_EQ(v.ack(), m.ack);
    ASSERT_EQ(v.flags(), m.flags);
    ASSERT_EQ(v.window(), m.window);
    ASSERT_EQ(v.urgent(), m.urgent);
    ASSERT_EQ(bytes_of(v.payload()), m.payload);
    std::vector<Buffer> options;
    OptionWalk walk(v.options());
    for (Option o; walk.next(o);) options.push_back(bytes_of(v.options().subspan(o.offset, o.size)));
    ASSERT_EQ(options, m.options);
    ASSERT_EQ(l4_checksum(p, l), v.checksum());  // libtins computed it
    ASSERT_TRUE(l4_checksum_ok(p, l));
    if (!m.v6) {
      ASSERT_EQ(ipv4_checksum(p, l), load16(&p[10]));
    }
  }
}

// One random edit, made in the values and in the packet.
const char* edit(Rng& rng, Made& m, Packet& packet, Layout& layout) {
  TcpEdit e(packet, layout);
  const uint64_t value = rng.next();
  const auto v16 = static_cast<uint16_t>(value);
  const auto v32 = static_cast<uint32_t>(value);
  switch (rng.below(14)) {
    case 0:
      e.set_source(m.sport = v16);
      return "source port";
    case 1:
      e.set_destination(m.dport = v16);
      return "destination port";
    case 2:
      e.set_seq(m.seq = v32);
      return "seq";
    case 3:
      e.set_ack(m.ack = v32);
      return "ack";
    case 4:
      e.set_flags(m.flags = static_cast<uint8_t>(value));
      return "flags";
    case 5:
      e.set_window(m.window = v16);
      return "window";
    case 6:
      e.set_urgent(m.urgent = v16);
      return "urgent";
    case 7:
      set_source_address(packet, layout, m.source = random_bytes(rng, m.source.size()));
      return "source address";
    case 8:
      set_destination_address(packet, layout, m.destination = random_bytes(rng, m.source.size()));
      return "destination address";
    case 9: {
      m.options = random_options(rng);
      EXPECT_TRUE(e.replace_options(m.option_block()));
      return "options";
    }
    case 10: {
      const size_t at = rng.below(m.payload.size() + 1), removed = rng.below(m.payload.size() - at + 1);
      const Buffer in = random_bytes(rng, rng.below(40));
      const auto from = m.payload.begin() + static_cast<long>(at);
      m.payload.erase(from, from + static_cast<long>(removed));
      m.payload.insert(m.payload.begin() + static_cast<long>(at), in.begin(), in.end());
      EXPECT_TRUE(e.replace_payload(at, removed, in));
      return "payload replaced";
    }
    case 11: {
      if (m.payload.empty()) return "nothing";
      const size_t at = rng.below(m.payload.size());
      const Buffer in = random_bytes(rng, rng.below(m.payload.size() - at + 1));
      std::copy(in.begin(), in.end(), m.payload.begin() + static_cast<long>(at));
      e.write_payload(at, in);
      return "payload overwritten";
    }
    case 12: {
      const size_t at = rng.chance(0.5) ? 0 : rng.below(m.payload.size() + 1);
      const Buffer bits =
          random_bytes(rng, rng.chance(0.5) ? m.payload.size() - at : rng.below(m.payload.size() - at + 1));
      for (size_t i = 0; i < bits.size(); ++i) m.payload[at + i] ^= bits[i];
      if (rng.chance(0.5)) e.checksum_ok();  // then the old sum is known
      EXPECT_TRUE(e.flip_payload(at, bits));
      return "payload flipped";
    }
    default: {
      if (m.options.empty() || m.options[0].size() < 3) return "nothing";
      Buffer& o = m.options[0];
      const size_t at = 2 + rng.below(o.size() - 2);  // no kind and no length
      o[at] = static_cast<uint8_t>(value);
      e.write_options(at, {&o[at], 1});
      return "option byte";
    }
  }
}

TEST(Libtins, EditsTheSame) {
  Rng rng(101);
  for (int i = 0; i < kRounds; ++i) {
    Made m = random_packet(rng);
    Packet packet(m.bytes());
    Layout layout = layout_of(packet.bytes());
    for (int k = 0; k < 4; ++k) {
      const char* what = edit(rng, m, packet, layout);
      ASSERT_EQ(bytes_of(packet.bytes()), m.bytes()) << what << " in round " << i;
      const Layout again = layout_of(packet.bytes());  // the layout followed
      ASSERT_EQ(std::tie(again.options_size, again.payload, again.payload_size, again.ip_total),
                std::tie(layout.options_size, layout.payload, layout.payload_size, layout.ip_total))
          << what;
    }
  }
}

TEST(Libtins, AWrongChecksumStaysWrongByTheSameAmount) {
  Rng rng(102);
  for (int i = 0; i < kRounds; ++i) {
    Made m = random_packet(rng);
    Packet packet(m.bytes());
    Layout layout = layout_of(packet.bytes());
    const uint16_t damage = static_cast<uint16_t>(1 + rng.below(0xfffe));
    TcpEdit e(packet, layout);
    e.set_checksum_raw(fold(uint64_t{e.view().checksum()} + damage));
    if (!m.v6) store16(packet.data() + 10, fold(uint64_t{load16(packet.data() + 10)} + damage));
    const char* what = edit(rng, m, packet, layout);
    ASSERT_EQ(wrong_by(e.view().checksum(), l4_checksum(packet.bytes(), layout)), damage) << what;
    ASSERT_FALSE(l4_checksum_ok(packet.bytes(), layout));
    if (!m.v6) {
      ASSERT_EQ(wrong_by(load16(packet.data() + 10), ipv4_checksum(packet.bytes(), layout)), damage) << what;
    }
  }
}

TEST(Libtins, FlipsWhatIsRightAndLeavesWhatIsNot) {
  Rng rng(103);
  for (int i = 0; i < kRounds; ++i) {
    Made m = random_packet(rng);
    Packet packet(m.bytes());
    Layout layout = layout_of(packet.bytes());
    TcpEdit e(packet, layout);
    const Buffer bits = random_bytes(rng, rng.chance(0.5) ? m.payload.size() : rng.below(m.payload.size() + 1));
    if (rng.chance(0.3)) {
      e.set_checksum_raw(fold(uint64_t{e.view().checksum()} + 1 + rng.below(0xfffe)));
      const Buffer damaged = bytes_of(packet.bytes());
      ASSERT_FALSE(e.flip_if_right(bits));
      ASSERT_EQ(bytes_of(packet.bytes()), damaged) << "in round " << i;
      continue;
    }
    for (size_t k = 0; k < bits.size(); ++k) m.payload[k] ^= bits[k];
    ASSERT_TRUE(e.flip_if_right(bits));
    ASSERT_EQ(bytes_of(packet.bytes()), m.bytes()) << "in round " << i;
  }
  Made m = random_packet(rng);
  Packet packet(m.bytes());
  Layout layout = layout_of(packet.bytes());
  ASSERT_FALSE(TcpEdit(packet, layout).flip_if_right(Buffer(m.payload.size() + 1, 1))) << "more than there is";
}

}  // namespace
}  // namespace gauntlet
