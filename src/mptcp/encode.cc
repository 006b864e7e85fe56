#include <type_traits>

#include "mptcp/option.hh"
#include "wire/options.hh"

namespace gauntlet {

namespace {

class Writer {
 public:
  // Kind, a length still to come, the subtype with the four bits behind it.
  Writer(Subtype subtype, unsigned low_bits) {
    put8(kOptMptcp);
    put8(0);
    put8(static_cast<unsigned>(subtype) << 4 | (low_bits & 0x0f));
  }
  void put8(unsigned v) { bytes_.push_back(static_cast<uint8_t>(v)); }
  void put16(unsigned v) { put8(v >> 8), put8(v); }
  void put32(uint64_t v) { put16(static_cast<unsigned>(v >> 16 & 0xffff)), put16(static_cast<unsigned>(v & 0xffff)); }
  void put64(uint64_t v) { put32(v >> 32), put32(v); }
  void put(ConstBytes v) { bytes_.insert(bytes_.end(), v.begin(), v.end()); }
  std::vector<uint8_t> done() {
    bytes_[1] = static_cast<uint8_t>(bytes_.size());
    return std::move(bytes_);
  }

 private:
  std::vector<uint8_t> bytes_;
};

// Options whose bits behind the subtype are twelve: four in the subtype's byte, eight in the next.
Writer twelve_bits(Subtype subtype, unsigned bits) {
  Writer w(subtype, bits >> 8);
  w.put8(bits);
  return w;
}

std::vector<uint8_t> write(const MpCapable& o) {
  Writer w(Subtype::capable, o.version);
  w.put8(o.flags);
  if (o.sender_key) w.put64(*o.sender_key);
  if (o.receiver_key) w.put64(*o.receiver_key);
  if (o.data_length) w.put16(*o.data_length);
  if (o.checksum) w.put16(*o.checksum);
  return w.done();
}

std::vector<uint8_t> write(const MpJoinSyn& o) {
  Writer w(Subtype::join, (o.backup ? 1u : 0u) | o.reserved);
  w.put8(o.address_id);
  w.put32(o.token);
  w.put32(o.nonce);
  return w.done();
}

std::vector<uint8_t> write(const MpJoinSynAck& o) {
  Writer w(Subtype::join, (o.backup ? 1u : 0u) | o.reserved);
  w.put8(o.address_id);
  w.put64(o.hmac);
  w.put32(o.nonce);
  return w.done();
}

std::vector<uint8_t> write(const MpJoinAck& o) {
  Writer w = twelve_bits(Subtype::join, o.reserved);
  w.put(o.hmac);
  return w.done();
}

std::vector<uint8_t> write(const Dss& o) {
  unsigned flags = o.reserved | (o.data_fin ? 0x10u : 0u);
  if (o.data_ack) flags |= o.data_ack8 ? 0x03u : 0x01u;
  if (o.mapping) flags |= o.mapping->dsn8 ? 0x0cu : 0x04u;
  Writer w = twelve_bits(Subtype::dss, flags);
  if (o.data_ack) o.data_ack8 ? w.put64(*o.data_ack) : w.put32(*o.data_ack);
  if (const auto& m = o.mapping) {
    m->dsn8 ? w.put64(m->dsn) : w.put32(m->dsn);
    w.put32(m->ssn);
    w.put16(m->length);
    if (m->checksum) w.put16(*m->checksum);
  }
  return w.done();
}

std::vector<uint8_t> write(const AddAddr& o) {
  Writer w(Subtype::add_addr, (o.echo ? 1u : 0u) | o.reserved);
  w.put8(o.address_id);
  w.put(o.address);
  if (o.port) w.put16(*o.port);
  if (o.hmac) w.put64(*o.hmac);
  return w.done();
}

std::vector<uint8_t> write(const RemoveAddr& o) {
  Writer w(Subtype::remove_addr, o.reserved);
  w.put(o.address_ids);
  return w.done();
}

std::vector<uint8_t> write(const MpPrio& o) { return Writer(Subtype::prio, (o.backup ? 1u : 0u) | o.reserved).done(); }

std::vector<uint8_t> write(const MpFail& o) {
  Writer w = twelve_bits(Subtype::fail, o.reserved);
  w.put64(o.dsn);
  return w.done();
}

std::vector<uint8_t> write(const MpFastclose& o) {
  Writer w = twelve_bits(Subtype::fastclose, o.reserved);
  w.put64(o.receiver_key);
  return w.done();
}

std::vector<uint8_t> write(const MpTcprst& o) {
  Writer w(Subtype::tcprst, o.flags);
  w.put8(o.reason);
  return w.done();
}

std::vector<uint8_t> write(const MptcpUnknown& o) { return o.bytes; }

}  // namespace

std::vector<uint8_t> encode(const MptcpOption& option) {
  return std::visit([](const auto& o) { return write(o); }, option);
}

}  // namespace gauntlet
