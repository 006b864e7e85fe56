#include "wire/tcp.hh"

#include <algorithm>
#include <cstring>

#include "wire/checksum.hh"

namespace gauntlet {

namespace {

constexpr size_t kDataOffset = 12, kChecksum = 16, kMinTcp = 20, kMaxOptions = 40;

uint16_t at_parity(uint16_t sum, size_t distance) { return distance % 2 == 0 ? sum : swap_bytes(sum); }

// New length of the IP packet in its header, IPv4 checksum by difference. `change` collects the pseudo-header's
// difference.
void set_ip_total(uint8_t* p, Layout& l, uint32_t total, SumChange& change) {
  change.replace32(l.ip_total - l.l4, total - l.l4);
  if (l.version == 4) {
    store16(p + 10, update16(load16(p + 10), static_cast<uint16_t>(l.ip_total), static_cast<uint16_t>(total)));
    store16(p + 2, static_cast<uint16_t>(total));
  } else {
    store16(p + 4, static_cast<uint16_t>(total - 40));
  }
  l.ip_total = total;
}

bool fits(const Layout& l, size_t total) { return total <= (l.version == 4 ? 0xffffu : 0xffffu + 40u); }

bool may_change_length(const Packet& packet, const Layout& l) {
  return l.tcp && !l.fragment && whole(l, packet.bytes());
}

void apply(uint8_t* tcp, const SumChange& change) { store16(tcp + kChecksum, change.apply(load16(tcp + kChecksum))); }

void set16(Packet& packet, const Layout& l, size_t field, uint16_t value) {
  if (!l.tcp) return;
  uint8_t* tcp = packet.data() + l.l4;
  SumChange change;
  change.replace(load16(tcp + field), value);
  store16(tcp + field, value);
  apply(tcp, change);
}

void set32(Packet& packet, const Layout& l, size_t field, uint32_t value) {
  if (!l.tcp) return;
  uint8_t* tcp = packet.data() + l.l4;
  SumChange change;
  change.replace32(load32(tcp + field), value);
  store32(tcp + field, value);
  apply(tcp, change);
}

}  // namespace

void TcpEdit::set_source(uint16_t port) { set16(packet_, layout_, 0, port); }
void TcpEdit::set_destination(uint16_t port) { set16(packet_, layout_, 2, port); }
void TcpEdit::set_seq(uint32_t seq) { set32(packet_, layout_, 4, seq); }
void TcpEdit::set_ack(uint32_t ack) { set32(packet_, layout_, 8, ack); }
void TcpEdit::set_window(uint16_t window) { set16(packet_, layout_, 14, window); }
void TcpEdit::set_urgent(uint16_t urgent) { set16(packet_, layout_, 18, urgent); }

void TcpEdit::set_flags(uint8_t flags) {
  if (!layout_.tcp) return;
  const uint16_t word = load16(packet_.data() + layout_.l4 + kDataOffset);
  set16(packet_, layout_, kDataOffset, static_cast<uint16_t>((word & 0xff00) | flags));
}

void TcpEdit::set_checksum_raw(uint16_t checksum) {
  if (layout_.tcp) store16(packet_.data() + layout_.l4 + kChecksum, checksum);
}

void TcpEdit::write(size_t offset, ConstBytes bytes) {
  if (!layout_.tcp) return;
  const size_t size = layout_.payload + layout_.payload_size - layout_.l4;
  if (offset >= size) return;
  bytes = bytes.first(std::min(bytes.size(), size - offset));
  if (offset < kChecksum + 2 &&
      offset + bytes.size() > kChecksum) {  // around the checksum: it follows, it is not written
    const size_t before = offset < kChecksum ? kChecksum - offset : 0;
    if (before > 0) write(offset, bytes.first(before));
    const size_t behind = kChecksum + 2 - offset;
    if (bytes.size() > behind) write(kChecksum + 2, bytes.subspan(behind));
    return;
  }
  uint8_t* tcp = packet_.data() + layout_.l4;
  SumChange change;
  change.replace(at_parity(sum16({tcp + offset, bytes.size()}), offset), at_parity(sum16(bytes), offset));
  if (!bytes.empty()) std::memcpy(tcp + offset, bytes.data(), bytes.size());
  apply(tcp, change);
  if (offset <= kDataOffset && offset + bytes.size() > kDataOffset) layout_ = layout_of(packet_.bytes());
}

void TcpEdit::write_options(size_t offset, ConstBytes bytes) {
  if (!layout_.tcp || offset >= layout_.options_size) return;
  write(kMinTcp + offset, bytes.first(std::min(bytes.size(), layout_.options_size - offset)));
}

void TcpEdit::write_payload(size_t offset, ConstBytes bytes) {
  if (layout_.tcp && offset < layout_.payload_size) write(layout_.payload - layout_.l4 + offset, bytes);
}

bool TcpEdit::replace_options(ConstBytes options) {
  const size_t was = layout_.options_size, is = options.size();
  if (!may_change_length(packet_, layout_) || is > kMaxOptions || is % 4 != 0) return false;
  if (!fits(layout_, layout_.ip_total - was + is)) return false;

  uint8_t kept[kMaxOptions];  // `options` may lie in the packet itself
  if (is > 0) std::memcpy(kept, options.data(), is);
  SumChange change;
  change.replace(sum16({packet_.data() + layout_.options, was}), sum16({kept, is}));
  if (is > was) packet_.insert(layout_.options + was, is - was);
  if (is < was) packet_.erase(layout_.options + is, was - is);

  uint8_t* tcp = packet_.data() + layout_.l4;
  if (is > 0) std::memcpy(tcp + kMinTcp, kept, is);
  const uint16_t word = load16(tcp + kDataOffset);
  const uint16_t header = static_cast<uint16_t>(((kMinTcp + is) / 4) << 12 | (word & 0x0fff));
  change.replace(word, header);
  store16(tcp + kDataOffset, header);
  set_ip_total(packet_.data(), layout_, static_cast<uint32_t>(layout_.ip_total - was + is), change);
  apply(tcp, change);
  layout_.options_size = static_cast<uint16_t>(is);
  layout_.payload = static_cast<uint32_t>(layout_.l4 + kMinTcp + is);
  return true;
}

bool TcpEdit::replace_payload(size_t offset, size_t removed, ConstBytes inserted) {
  if (!may_change_length(packet_, layout_)) return false;
  const size_t size = layout_.payload_size;
  if (offset > size || removed > size - offset) return false;
  if (!fits(layout_, layout_.ip_total - removed + inserted.size())) return false;

  const size_t at = layout_.payload + offset, tail = size - offset - removed;
  SumChange change;
  const uint8_t* p = packet_.data();
  change.replace(at_parity(sum16({p + at, removed}), offset), at_parity(sum16(inserted), offset));
  if ((removed + inserted.size()) % 2 != 0) {  // every byte behind changes its half of the word
    const uint16_t sum = sum16({p + at + removed, tail});
    change.replace(at_parity(sum, offset + removed), at_parity(sum, offset + inserted.size()));
  }
  if (inserted.size() > removed) packet_.insert(at + removed, inserted.size() - removed);
  if (inserted.size() < removed) packet_.erase(at + inserted.size(), removed - inserted.size());
  if (!inserted.empty()) std::memcpy(packet_.data() + at, inserted.data(), inserted.size());

  const uint32_t total = static_cast<uint32_t>(layout_.ip_total - removed + inserted.size());
  set_ip_total(packet_.data(), layout_, total, change);
  apply(packet_.data() + layout_.l4, change);
  layout_.payload_size = static_cast<uint32_t>(size - removed + inserted.size());
  return true;
}

}  // namespace gauntlet
