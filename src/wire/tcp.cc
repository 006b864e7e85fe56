#include "wire/tcp.hh"

#include <algorithm>
#include <cstring>

#include "wire/checksum.hh"

namespace gauntlet {

namespace {

constexpr size_t kDataOffset = 12, kChecksum = 16, kMinTcp = 20, kMaxOptions = 40;

// The sum of what an edit touches, a few bytes as a rule: no call, no wide loop to set up. As sum16() otherwise.
inline uint16_t sum_few(ConstBytes bytes) {
  if (bytes.size() > 40) return sum16(bytes);
  const uint8_t* p = bytes.data();
  size_t n = bytes.size();
  uint64_t sum = 0;
  for (; n >= 4; n -= 4, p += 4) {
    uint32_t word;
    std::memcpy(&word, p, 4);
    sum += word;
  }
  if (n >= 2) {
    uint16_t word;
    std::memcpy(&word, p, 2);
    sum += word;
    n -= 2, p += 2;
  }
  if (n == 1) sum += *p;
  return swap_bytes(fold(sum));
}

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

struct FlipSums {
  uint16_t before, after;
};
// Flips the bits, and sums up what was there and what is then, in one pass. Words are added as they lie (see sum16).
FlipSums flip(Bytes bytes, ConstBytes bits) {
  uint8_t* p = bytes.data();
  const uint8_t* x = bits.data();
  const size_t n = bits.size(), words = n / 8, rest = 8 * words;
  uint64_t low[2] = {0, 0}, high[2] = {0, 0};
  for (size_t i = 0; i < words; ++i) {
    uint64_t was, bit;
    std::memcpy(&was, p + 8 * i, 8);
    std::memcpy(&bit, x + 8 * i, 8);
    const uint64_t is = was ^ bit;
    std::memcpy(p + 8 * i, &is, 8);
    low[0] += was & 0xffffffff;
    high[0] += was >> 32;
    low[1] += is & 0xffffffff;
    high[1] += is >> 32;
  }
  const auto folded = [&](size_t k, uint16_t last) {
    return fold(uint64_t{last} + swap_bytes(fold(uint64_t{fold(low[k])} + fold(high[k]))));
  };
  const ConstBytes tail{p + rest, n - rest};
  const uint16_t before = folded(0, sum16(tail));
  for (size_t i = rest; i < n; ++i) p[i] ^= x[i];
  return {before, folded(1, sum16(tail))};
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
  right_ = false;
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
  change.replace(at_parity(sum_few({tcp + offset, bytes.size()}), offset), at_parity(sum_few(bytes), offset));
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

// The header's length, and all that depends on it, once its options are `size` bytes.
void TcpEdit::finish_options(size_t size, SumChange& change) {
  uint8_t* tcp = packet_.data() + layout_.l4;
  const uint16_t word = load16(tcp + kDataOffset);
  const uint16_t header = static_cast<uint16_t>(((kMinTcp + size) / 4) << 12 | (word & 0x0fff));
  change.replace(word, header);
  store16(tcp + kDataOffset, header);
  const size_t total = layout_.ip_total - layout_.options_size + size;
  set_ip_total(packet_.data(), layout_, static_cast<uint32_t>(total), change);
  apply(tcp, change);
  layout_.options_size = static_cast<uint16_t>(size);
  layout_.payload = static_cast<uint32_t>(layout_.l4 + kMinTcp + size);
}

bool TcpEdit::replace_options(ConstBytes options) {
  const size_t was = layout_.options_size, is = options.size();
  if (!resizable() || is > kMaxOptions || is % 4 != 0) return false;
  if (!fits(layout_, layout_.ip_total - was + is)) return false;

  uint8_t kept[kMaxOptions];  // where `options` lies in the packet itself
  const auto begin = reinterpret_cast<uintptr_t>(packet_.data()), from = reinterpret_cast<uintptr_t>(options.data());
  if (from - begin < packet_.size()) {
    std::memcpy(kept, options.data(), is);
    options = {kept, is};
  }
  SumChange change;
  change.replace(sum_few({packet_.data() + layout_.options, was}), sum_few(options));
  if (is > was) packet_.insert(layout_.options, is - was);
  if (is < was) packet_.erase(layout_.options, was - is);
  if (is > 0) std::memcpy(packet_.data() + layout_.options, options.data(), is);
  finish_options(is, change);
  return true;
}

bool TcpEdit::erase_options(size_t offset, size_t size) {
  if (!resizable() || size % 4 != 0 || offset > layout_.options_size || size > layout_.options_size - offset)
    return false;
  const size_t at = layout_.options + offset;
  SumChange change;
  change.replace(at_parity(sum_few({packet_.data() + at, size}), offset), 0);
  packet_.erase(at, size);
  finish_options(layout_.options_size - size, change);
  return true;
}

bool TcpEdit::checksum_ok() {
  const ConstBytes packet = std::as_const(packet_).bytes();
  const bool ok = l4_checksum_ok(packet, layout_);
  right_ = ok && layout_.tcp && !layout_.fragment && whole(layout_, packet);
  return ok;
}

// Under a right checksum everything adds up to zero (RFC 1071): what the payload adds is what the rest lacks.
uint16_t TcpEdit::payload_sum(size_t offset, size_t size) const {
  const ConstBytes packet = std::as_const(packet_).bytes();
  if (!right_ || size != layout_.payload_size)
    return at_parity(sum16(packet.subspan(layout_.payload + offset, size)), offset);
  const auto upper = static_cast<uint32_t>(layout_.ip_total - layout_.l4);
  return static_cast<uint16_t>(~sum16(packet.subspan(layout_.l4, static_cast<size_t>(layout_.payload - layout_.l4)),
                                      pseudo_header(packet, layout_, upper)));
}

bool TcpEdit::replace_payload(size_t offset, size_t removed, ConstBytes inserted) {
  if (!resizable()) return false;
  const size_t size = layout_.payload_size;
  if (offset > size || removed > size - offset) return false;
  if (!fits(layout_, layout_.ip_total - removed + inserted.size())) return false;

  const size_t at = layout_.payload + offset, tail = size - offset - removed;
  SumChange change;
  const uint8_t* p = packet_.data();
  change.replace(payload_sum(offset, removed), at_parity(sum16(inserted), offset));
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

bool TcpEdit::flip_payload(size_t offset, ConstBytes bits) {
  if (!resizable() || offset > layout_.payload_size || bits.size() > layout_.payload_size - offset) return false;
  const FlipSums sums = flip({packet_.data() + layout_.payload + offset, bits.size()}, bits);
  SumChange change;
  change.replace(at_parity(sums.before, offset), at_parity(sums.after, offset));
  apply(packet_.data() + layout_.l4, change);
  return true;
}

bool TcpEdit::flip_if_right(ConstBytes bits) {
  if (!resizable() || bits.size() > layout_.payload_size) return false;
  const Bytes there{packet_.data() + layout_.payload, bits.size()};
  const FlipSums sums = flip(there, bits);
  const ConstBytes packet = std::as_const(packet_).bytes();
  const auto upper = static_cast<uint32_t>(layout_.ip_total - layout_.l4);
  uint64_t all = sum16(packet.subspan(layout_.l4, layout_.payload - layout_.l4), pseudo_header(packet, layout_, upper));
  all += sums.before;
  all +=
      at_parity(sum16(packet.subspan(layout_.payload + bits.size(), layout_.payload_size - bits.size())), bits.size());
  if (fold(all) != 0xffff) {  // whoever gets a damaged one drops it (RFC 9293 3.1): as it came
    for (size_t i = 0; i < bits.size(); ++i) there[i] ^= bits[i];
    return false;
  }
  SumChange change;
  change.replace(sums.before, sums.after);
  apply(packet_.data() + layout_.l4, change);
  return true;
}

}  // namespace gauntlet
