// Edits the packet an ICMP error quotes. The quoted packet's own checksums and the ICMP checksum around it follow by
// difference, so a quote that was wrong stays wrong by the same amount and a hop by hop comparison sees only the edit.
#pragma once
#include <array>

#include "wire/icmp.hh"
#include "wire/packet.hh"

namespace gauntlet {

class QuoteEdit {
 public:
  QuoteEdit(Packet& packet, const Layout& outer, const Quote& quote) : packet_(packet), outer_(outer), quote_(quote) {}

  // Overwrites quoted bytes at `offset` from the quoted IP header. Bytes beyond the quote are not written.
  // `covers`: which quoted checksums cover them.
  enum Covers { kNothing = 0, kIp = 1, kL4 = 2 };
  void write(size_t offset, ConstBytes bytes, unsigned covers);
  void set_source_address(ConstBytes address) { write(quote_.inner.version == 4 ? 12 : 8, address, address_covers()); }
  void set_destination_address(ConstBytes address) {
    write(quote_.inner.version == 4 ? 16 : 24, address, address_covers());
  }
  // 16 or 32 bits of the quoted upper layer at `field` from its first byte.
  void set16(size_t field, uint16_t value);
  void set32(size_t field, uint32_t value);
  bool has(size_t field, size_t size) const { return quote_.inner.l4 + field + size <= quote_.size; }
  const uint8_t* upper() const { return packet_.data() + quote_.offset + quote_.inner.l4; }

 private:
  unsigned address_covers() const;
  void raw(size_t offset, ConstBytes bytes);

  Packet& packet_;
  const Layout& outer_;
  const Quote& quote_;
};

}  // namespace gauntlet
