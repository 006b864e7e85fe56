#include "path/quote_edit.hh"

#include <algorithm>
#include <cstring>

#include "wire/checksum.hh"

namespace gauntlet {

// Every changed byte changes the ICMP checksum; the quote starts at an even distance from the ICMP header.
void QuoteEdit::raw(size_t offset, ConstBytes bytes) {
  uint8_t* at = packet_.data() + quote_.offset + offset;
  const size_t field = l4_checksum_at(packet_.bytes(), outer_);
  const bool odd = (quote_.offset + offset - outer_.l4) % 2 != 0;
  if (field != 0) {
    store16(packet_.data() + field, update_bytes(load16(packet_.data() + field), {at, bytes.size()}, bytes, odd));
  }
  std::memcpy(at, bytes.data(), bytes.size());
}

void QuoteEdit::write(size_t offset, ConstBytes bytes, unsigned covers) {
  if (offset >= quote_.size) return;
  bytes = bytes.first(std::min(bytes.size(), quote_.size - offset));
  const ConstBytes quoted = std::as_const(packet_).bytes().subspan(quote_.offset, quote_.size);
  std::array<uint8_t, 16> before{};
  std::memcpy(before.data(), quoted.data() + offset, std::min(bytes.size(), before.size()));
  const ConstBytes was{before.data(), bytes.size()};

  const size_t ip = (covers & kIp) && quote_.inner.version == 4 ? 10 : 0;
  const size_t l4 = covers & kL4 ? l4_checksum_at(quoted, quote_.inner) : 0;
  const bool udp = quote_.inner.proto == kProtoUdp;
  raw(offset, bytes);
  for (const size_t field : {ip, l4}) {
    if (field == 0 || field + 2 > quote_.size) continue;
    const uint16_t old = load16(packet_.data() + quote_.offset + field);
    if (field == l4 && udp && old == 0) continue;
    uint16_t fresh = update_bytes(old, was, bytes, offset % 2 != 0);
    if (field == l4 && udp && fresh == 0) fresh = 0xffff;
    uint8_t word[2];
    store16(word, fresh);
    raw(field, word);
  }
}

unsigned QuoteEdit::address_covers() const {
  const bool pseudo_header = quote_.inner.proto != kProtoIcmp;
  return kIp | (pseudo_header ? kL4 : kNothing);
}

void QuoteEdit::set16(size_t field, uint16_t value) {
  if (!has(field, 2)) return;
  uint8_t bytes[2];
  store16(bytes, value);
  write(quote_.inner.l4 + field, bytes, kL4);
}

void QuoteEdit::set32(size_t field, uint32_t value) {
  if (!has(field, 4)) return;
  uint8_t bytes[4];
  store32(bytes, value);
  write(quote_.inner.l4 + field, bytes, kL4);
}

}  // namespace gauntlet
