// A TCP segment inside an IP packet, read and edited in place (RFC 9293 3.1).
//
//    0                   1                   2                   3
//   |          Source Port          |       Destination Port        |  0
//   |                        Sequence Number                        |  4
//   |                    Acknowledgment Number                      |  8
//   | Offset| Rsrvd |    Flags      |            Window             | 12
//   |           Checksum            |        Urgent Pointer         | 16
//   |                           [Options]                           | 20
//
// Setters keep the checksum consistent by difference (RFC 1624). `raw` variants do not: "forgot the checksum" is a
// scenario.
#pragma once
#include <cstdint>

#include "wire/bytes.hh"
#include "wire/layout.hh"
#include "wire/packet.hh"

namespace gauntlet {

class SumChange;

inline constexpr uint8_t kFin = 0x01, kSyn = 0x02, kRst = 0x04, kPsh = 0x08, kAck = 0x10, kUrg = 0x20, kEce = 0x40,
                         kCwr = 0x80;

// Reads only; valid as long as the bytes are.
class TcpView {
 public:
  TcpView(ConstBytes packet, const Layout& layout)
      : base_(packet.data()), layout_(layout) {}  // layout.tcp must be true

  uint16_t source() const { return load16(tcp()); }
  uint16_t destination() const { return load16(tcp() + 2); }
  uint32_t seq() const { return load32(tcp() + 4); }
  uint32_t ack() const { return load32(tcp() + 8); }
  uint8_t flags() const { return tcp()[13]; }
  bool has(uint8_t flag) const { return (flags() & flag) != 0; }
  uint8_t reserved() const { return tcp()[12] & 0x0f; }
  uint16_t window() const { return load16(tcp() + 14); }
  uint16_t checksum() const { return load16(tcp() + 16); }
  uint16_t urgent() const { return load16(tcp() + 18); }
  ConstBytes options() const { return {base_ + layout_.options, layout_.options_size}; }
  ConstBytes payload() const { return {base_ + layout_.payload, layout_.payload_size}; }
  uint32_t sequence_length() const {  // payload plus SYN plus FIN
    return layout_.payload_size + (has(kSyn) ? 1u : 0u) + (has(kFin) ? 1u : 0u);
  }

 private:
  const uint8_t* tcp() const { return base_ + layout_.l4; }
  const uint8_t* base_;
  const Layout& layout_;
};

// Edits one packet. Keeps its Layout up to date; length fields and checksums follow every call but the `raw` ones.
// A packet that is not whole(), or a fragment, may have its header fields set; calls that change lengths refuse (return
// false).
class TcpEdit {
 public:
  TcpEdit(Packet& packet, Layout& layout) : packet_(packet), layout_(layout) {}

  TcpView view() const { return {packet_.bytes(), layout_}; }
  void set_source(uint16_t);
  void set_destination(uint16_t);
  void set_seq(uint32_t);
  void set_ack(uint32_t);
  void set_flags(uint8_t);
  void set_window(uint16_t);
  void set_urgent(uint16_t);
  void set_checksum_raw(uint16_t);

  // Overwrites bytes at `offset` from the TCP header's first byte; what would lie past the segment is not written, and
  // the checksum field is left out: it follows, as ever.
  void write(size_t offset, ConstBytes bytes);
  // Overwrites option bytes at `offset` from the first option byte, or payload bytes at `offset` from the first payload
  // byte.
  void write_options(size_t offset, ConstBytes bytes);
  void write_payload(size_t offset, ConstBytes bytes);
  // Replaces the whole option block; `options` is 0 .. 40 bytes, a multiple of 4. Header, data offset, lengths,
  // checksums follow.
  bool replace_options(ConstBytes options);
  // Takes `size` option bytes away, a multiple of 4; offsets as in write_options(). Cheaper than replace_options().
  bool erase_options(size_t offset, size_t size);
  // May lengths change? Else the calls that change them refuse.
  bool resizable() const { return layout_.tcp && !layout_.fragment && whole(layout_, packet_.bytes()); }
  // Is the checksum right, as far as can be told (see l4_checksum_ok)? Saves summing up a payload that is replaced
  // later.
  bool checksum_ok();
  // Replaces `removed` payload bytes at `offset` by `inserted`, which must not lie in this packet.
  bool replace_payload(size_t offset, size_t removed, ConstBytes inserted);
  // Flips bits of the payload from `offset` on.
  bool flip_payload(size_t offset, ConstBytes bits);
  // The same of the payload's first bytes, if the checksum is right, which the same pass finds out; else false, and
  // nothing has changed.
  bool flip_if_right(ConstBytes bits);

 private:
  void finish_options(size_t size, SumChange& change);
  uint16_t payload_sum(size_t offset, size_t size) const;

  Packet& packet_;
  Layout& layout_;
  bool right_ = false;  // the checksum was verified, and everything since has kept it right
};

// Addresses, in place; both the IPv4 header checksum and the upper layer's follow by difference (UDP's zero stays
// zero). `address` is 4 or 16 bytes, as the packet's version asks.
ConstBytes source_address(ConstBytes packet, const Layout&);
ConstBytes destination_address(ConstBytes packet, const Layout&);
void set_source_address(Packet&, const Layout&, ConstBytes address);
void set_destination_address(Packet&, const Layout&, ConstBytes address);

}  // namespace gauntlet
