#include <algorithm>

#include "mptcp/option.hh"
#include "wire/options.hh"

namespace gauntlet {

namespace {

// Each takes a whole option of kind 30 whose length byte is its size, and gives Unknown for a length that has no
// meaning.
MptcpOption unknown(ConstBytes o) { return MptcpUnknown{{o.begin(), o.end()}}; }
uint8_t low_bits(ConstBytes o) { return o[2] & 0x0f; }
uint16_t twelve_bits(ConstBytes o) { return load16(o.data() + 2) & 0x0fff; }

MptcpOption capable(ConstBytes o) {
  const size_t n = o.size();
  if (n != 4 && n != 12 && n != 20 && n != 22 && n != 24) return unknown(o);
  MpCapable c;
  c.version = low_bits(o);
  c.flags = o[3];
  if (n >= 12) c.sender_key = load64(&o[4]);
  if (n >= 20) c.receiver_key = load64(&o[12]);
  if (n >= 22) c.data_length = load16(&o[20]);
  if (n == 24) c.checksum = load16(&o[22]);
  return c;
}

MptcpOption join(ConstBytes o) {
  const bool backup = (o[2] & 0x01) != 0;
  const uint8_t reserved = o[2] & 0x0e;
  switch (o.size()) {
    case 12:
      return MpJoinSyn{backup, o[3], load32(&o[4]), load32(&o[8]), reserved};
    case 16:
      return MpJoinSynAck{backup, o[3], load64(&o[4]), load32(&o[12]), reserved};
    case 24: {
      MpJoinAck ack;
      std::copy_n(o.begin() + 4, ack.hmac.size(), ack.hmac.begin());
      ack.reserved = twelve_bits(o);
      return ack;
    }
    default:
      return unknown(o);
  }
}

MptcpOption dss(ConstBytes o) {
  if (o.size() < 4) return unknown(o);
  const uint8_t flags = o[3];
  const bool has_ack = (flags & 0x01) != 0, ack8 = (flags & 0x02) != 0;
  const bool has_map = (flags & 0x04) != 0, dsn8 = (flags & 0x08) != 0;
  const size_t ack_size = !has_ack ? 0 : ack8 ? 8 : 4;
  const size_t map_size = !has_map ? 0 : (dsn8 ? 8 : 4) + 6;
  const size_t size = 4 + ack_size + map_size;
  const bool has_checksum = has_map && o.size() == size + 2;
  if (o.size() != size && !has_checksum) return unknown(o);

  Dss d;
  d.data_fin = (flags & 0x10) != 0;
  d.reserved = twelve_bits(o) & static_cast<uint16_t>(0xfe0 | (has_ack ? 0 : 0x02) | (has_map ? 0 : 0x08));
  const uint8_t* p = &o[0] + 4;
  if (has_ack) {
    d.data_ack8 = ack8;
    d.data_ack = ack8 ? load64(p) : load32(p);
    p += ack_size;
  }
  if (has_map) {
    Dss::Mapping m;
    m.dsn8 = dsn8;
    m.dsn = dsn8 ? load64(p) : load32(p);
    p += dsn8 ? 8 : 4;
    m.ssn = load32(p);
    m.length = load16(p + 4);
    if (has_checksum) m.checksum = load16(p + 6);
    d.mapping = m;
  }
  return d;
}

MptcpOption add_addr(ConstBytes o) {
  AddAddr a;
  a.echo = (o[2] & 0x01) != 0;
  a.reserved = o[2] & 0x0e;
  const size_t hmac_size = a.echo ? 0 : 8;  // an echo carries none, everything else must (3.4.1)
  if (o.size() < 4 + hmac_size) return unknown(o);
  const size_t between = o.size() - 4 - hmac_size;
  if (between != 4 && between != 6 && between != 16 && between != 18) return unknown(o);
  const size_t address_size = between < 16 ? 4 : 16;
  a.address_id = o[3];
  a.address.assign(o.begin() + 4, o.begin() + 4 + static_cast<long>(address_size));
  if (between != address_size) a.port = load16(&o[4 + address_size]);
  if (!a.echo) a.hmac = load64(&o[4 + between]);
  return a;
}

}  // namespace

MptcpOption decode_mptcp(ConstBytes o) {
  if (o.size() < 3 || o[0] != kOptMptcp || o[1] != o.size()) return unknown(o);
  const size_t n = o.size();
  switch (static_cast<Subtype>(o[2] >> 4)) {
    case Subtype::capable:
      return capable(o);
    case Subtype::join:
      return join(o);
    case Subtype::dss:
      return dss(o);
    case Subtype::add_addr:
      return add_addr(o);
    case Subtype::remove_addr:
      if (n >= 4) return RemoveAddr{{o.begin() + 3, o.end()}, low_bits(o)};
      break;
    case Subtype::prio:
      if (n == 3) return MpPrio{(o[2] & 0x01) != 0, static_cast<uint8_t>(o[2] & 0x0e)};
      break;
    case Subtype::fail:
      if (n == 12) return MpFail{load64(&o[4]), twelve_bits(o)};
      break;
    case Subtype::fastclose:
      if (n == 12) return MpFastclose{load64(&o[4]), twelve_bits(o)};
      break;
    case Subtype::tcprst:
      if (n == 4) return MpTcprst{low_bits(o), o[3]};
      break;
  }
  return unknown(o);
}

std::vector<MptcpAt> mptcp_options(ConstBytes tcp_options) {
  std::vector<MptcpAt> all;
  OptionWalk walk(tcp_options);
  for (Option o; walk.next(o);) {
    if (o.kind != kOptMptcp || o.malformed) continue;
    all.push_back({o.offset, o.size, decode_mptcp(tcp_options.subspan(o.offset, o.size))});
  }
  return all;
}

}  // namespace gauntlet
