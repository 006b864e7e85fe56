// The exact bytes of one IP packet, from the first byte of the IP header to the last byte that was received.
//
// Move-only. It does not say where its bytes live: in a slot of a receive batch (a borrowed packet, edited in place) or
// in memory of its own. A borrowed packet must not outlive the call it was handed to: whoever holds one calls keep()
// first. Reading never changes bytes; nothing here touches a checksum or a length field.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "wire/bytes.hh"

namespace gauntlet {

class Packet {
 public:
  static constexpr size_t kRoom = 128;  // spare bytes kept before the packet where the memory is our own
  // And behind it, where little grows: half a full segment with both is small enough for malloc's quick lists.
  static constexpr size_t kRoomBehind = 48;

  // Identifies the packet of the receive batch this one came from: what a box sends on may still be "the same packet",
  // which costs less than an injected one. kNoOrigin: made by a box.
  using Origin = uint32_t;
  static constexpr Origin kNoOrigin = UINT32_MAX;

  Packet() = default;
  explicit Packet(ConstBytes bytes);  // a copy, in memory of its own
  // Borrows `size` bytes at `data`; `before` and `after` more bytes around them may be used.
  static Packet borrow(uint8_t* data, size_t size, size_t before, size_t after, Origin origin);

  Packet(Packet&& other) noexcept  // here, not in packet.cc: a packet moves several times in every box
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        before_(std::exchange(other.before_, 0)),
        after_(std::exchange(other.after_, 0)),
        origin_(std::exchange(other.origin_, kNoOrigin)),
        own_(std::move(other.own_)) {}
  Packet& operator=(Packet&& other) noexcept;
  Packet(const Packet&) = delete;
  Packet& operator=(const Packet&) = delete;
  ~Packet() = default;

  Packet copy() const;  // same bytes, own memory, no origin
  // Moves borrowed bytes to own memory, with `behind` bytes free behind them; the origin stays.
  void keep(size_t behind = kRoomBehind);

  ConstBytes bytes() const { return {data_, size_}; }
  Bytes bytes() { return {data_, size_}; }
  const uint8_t* data() const { return data_; }
  uint8_t* data() { return data_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  bool borrowed() const { return size_ != 0 && !own_; }
  Origin origin() const { return origin_; }

  // Opens a gap of `n` zero bytes at `at`, or closes one. The shorter side moves (headers, as a rule). Length fields
  // are the caller's. Grows into own memory when the room does not suffice.
  void insert(size_t at, size_t n);
  void erase(size_t at, size_t n);
  void append(ConstBytes bytes);
  void truncate(size_t size);

 private:
  void reserve(size_t before, size_t after);

  uint8_t* data_ = nullptr;
  size_t size_ = 0;
  size_t before_ = 0;  // bytes free in front of data_
  size_t after_ = 0;   // bytes free behind data_ + size_
  Origin origin_ = kNoOrigin;
  std::unique_ptr<uint8_t[]> own_;
};

}  // namespace gauntlet
