#include "talk.hh"

#include <algorithm>

namespace gauntlet::test {

uint64_t key_of(Way w) { return w == Way::c2s ? Talk::kClientKey : Talk::kServerKey; }

Talk Talk::transfer(uint64_t up, uint64_t down, bool checksum, uint16_t port) {
  Talk t(checksum, port);
  t.handshake();
  const uint64_t most = std::max(up, down);
  for (uint64_t at = 0; at < most; at += 1000) {
    if (at < up) t.data(Way::c2s, at, std::min<uint64_t>(1000, up - at)).acks(Way::s2c);
    if (at < down) t.data(Way::s2c, at, std::min<uint64_t>(1000, down - at)).acks(Way::c2s);
  }
  return t.data_fin(Way::c2s, up).data_fin(Way::s2c, down).fin();
}

Talk Talk::plain(uint64_t up, uint64_t down, uint16_t port) {
  Talk t(false, port);
  t.plain_handshake();
  for (uint64_t at = 0; at < up; at += 1000)
    t.unmapped(Way::c2s, at, std::min<uint64_t>(1000, up - at)).plain_ack(Way::s2c);
  for (uint64_t at = 0; at < down; at += 1000)
    t.unmapped(Way::s2c, at, std::min<uint64_t>(1000, down - at)).plain_ack(Way::c2s);
  return t.fin();
}

Tcp Talk::segment(Way way, uint64_t subflow_offset, Raw payload, Raw options, int subflow) const {
  const bool up = way == Way::c2s;
  Tcp t;
  if (subflow == 1) t.source = "192.0.2.33", t.sport = 40033;
  t.dport = port_;
  if (!up) std::swap(t.source, t.destination), std::swap(t.sport, t.dport);
  const uint32_t isn = (up ? 1000u : 9000u) + 70000u * static_cast<uint32_t>(subflow),
                 other = (up ? 9000u : 1000u) + 70000u * static_cast<uint32_t>(subflow);
  t.seq = isn + 1 + static_cast<uint32_t>(subflow_offset);
  t.ack = other + 1 + static_cast<uint32_t>(sent_[subflow][index_of(reverse(way))]);
  t.payload = std::move(payload);
  t.options = std::move(options);
  if (!t.payload.empty()) t.flags |= kPsh;
  return t;
}

Talk& Talk::say(Way way, Tcp t) {
  log.push_back({way, std::move(t)});
  return *this;
}

Talk& Talk::handshake() {
  MpCapable syn, synack, ack;
  const uint8_t flags = static_cast<uint8_t>(0x01 | (checksum_ ? 0x80 : 0));
  syn.flags = synack.flags = ack.flags = flags;
  synack.sender_key = kServerKey;
  ack.sender_key = kClientKey;
  ack.receiver_key = kServerKey;
  Tcp a = segment(Way::c2s, 0, {}, Raw{2, 4, 5, 180} + option(syn)),
      b = segment(Way::s2c, 0, {}, Raw{2, 4, 5, 180} + option(synack));
  a.flags = kSyn;
  b.flags = kSyn | kAck;
  --a.seq;
  --b.seq;
  return say(Way::c2s, a).say(Way::s2c, b).say(Way::c2s, segment(Way::c2s, 0, {}, option(ack)));
}

Talk& Talk::plain_handshake() {
  Tcp a = segment(Way::c2s, 0, {}, {2, 4, 5, 180}), b = segment(Way::s2c, 0, {}, {2, 4, 5, 180});
  a.flags = kSyn;
  b.flags = kSyn | kAck;
  --a.seq;
  --b.seq;
  return say(Way::c2s, a).say(Way::s2c, b).say(Way::c2s, segment(Way::c2s, 0, {}, {}));
}

Talk& Talk::join(bool right_hmac) {
  constexpr uint32_t kNonceA = 0x0a0a0a0a, kNonceB = 0x0b0b0b0b;
  MpJoinSyn syn;
  syn.token = token_of(kServerKey);
  syn.nonce = kNonceA;
  MpJoinSynAck synack;
  synack.nonce = kNonceB;
  synack.hmac = load64(join_hmac(kServerKey, kClientKey, kNonceB, kNonceA).data());
  MpJoinAck ack;
  const Hmac h = join_hmac(kClientKey, kServerKey, kNonceA, kNonceB);
  std::copy_n(h.begin(), 20, ack.hmac.begin());
  if (!right_hmac) ack.hmac[3] ^= 1;
  Tcp a = segment(Way::c2s, 0, {}, option(syn), 1), b = segment(Way::s2c, 0, {}, option(synack), 1);
  a.flags = kSyn;
  b.flags = kSyn | kAck;
  --a.seq;
  --b.seq;
  say(Way::c2s, a).say(Way::s2c, b).say(Way::c2s, segment(Way::c2s, 0, {}, option(ack), 1));
  return right_hmac ? acks(Way::s2c, 1) : *this;
}

Raw Talk::data_ack(Way way) const {
  Dss d;
  d.data_ack8 = true;
  d.data_ack = idsn_of(key_of(reverse(way))) + 1 + stream_[index_of(reverse(way))];
  return option(d);
}

Raw Talk::dss(Way way, uint64_t offset, uint64_t subflow_offset, ConstBytes payload) const {
  Dss d;
  Dss::Mapping m;
  m.dsn = idsn_of(key_of(way)) + 1 + offset;
  m.dsn8 = true;
  m.ssn = static_cast<uint32_t>(subflow_offset + 1);
  m.length = static_cast<uint16_t>(payload.size());
  if (checksum_) m.checksum = dss_checksum(m.dsn, m.ssn, m.length, payload);
  d.mapping = m;
  return option(d);
}

Talk& Talk::data(Way way, uint64_t offset, size_t size, int subflow) {
  const Raw payload = coded(offset, size, way);
  uint64_t& at = sent_[subflow][index_of(way)];
  Tcp t = segment(way, at, payload, dss(way, offset, at, payload), subflow);
  at += size;
  stream_[index_of(way)] = std::max(stream_[index_of(way)], offset + size);
  return say(way, std::move(t));
}

Talk& Talk::unmapped(Way way, uint64_t offset, size_t size, int subflow) {
  uint64_t& at = sent_[subflow][index_of(way)];
  Tcp t = segment(way, at, coded(offset, size, way), {}, subflow);
  at += size;
  return say(way, std::move(t));
}

Talk& Talk::acks(Way way, int subflow) { return say(way, segment(way, at(way, subflow), {}, data_ack(way), subflow)); }
Talk& Talk::plain_ack(Way way, int subflow) { return say(way, segment(way, at(way, subflow), {}, {}, subflow)); }
Talk& Talk::option_on_ack(Way way, const MptcpOption& o, int subflow) {
  return say(way, segment(way, at(way, subflow), {}, option(o), subflow));
}

Talk& Talk::infinite(Way way, uint64_t offset, size_t size) {
  Dss d;
  Dss::Mapping m;
  m.dsn = idsn_of(key_of(way)) + 1 + offset;
  m.dsn8 = true;
  m.ssn = static_cast<uint32_t>(offset + 1);
  if (checksum_) m.checksum = 0;
  d.mapping = m;
  unmapped(way, offset, size);
  log.back().tcp.options = option(d);
  return *this;
}

Talk& Talk::data_fin(Way way, uint64_t size, int subflow) {
  Dss d;
  d.data_fin = true;
  Dss::Mapping m;
  m.dsn = idsn_of(key_of(way)) + 1 + size;
  m.dsn8 = true;
  m.length = 1;
  if (checksum_) m.checksum = dss_checksum(m.dsn, 0, 1, {});
  d.mapping = m;
  d.data_ack8 = true;
  d.data_ack = idsn_of(key_of(reverse(way))) + 1 + stream_[index_of(reverse(way))];
  return say(way, segment(way, at(way, subflow), {}, option(d), subflow));
}

Talk& Talk::fin(int subflow) {
  for (const Way way : kWays) {
    Tcp t = segment(way, at(way, subflow), {}, {}, subflow);
    t.flags = kFin | kAck;
    say(way, t);
    ++sent_[subflow][index_of(way)];
  }
  return plain_ack(Way::c2s, subflow);
}

Talk& Talk::reset(Way way, int subflow, std::optional<uint8_t> reason) {
  Raw options;
  if (reason) {
    MpTcprst r;
    r.reason = *reason;
    options = option(r);
  }
  Tcp t = segment(way, at(way, subflow), {}, options, subflow);
  t.flags = kRst | kAck;
  return say(way, t);
}

}  // namespace gauntlet::test
