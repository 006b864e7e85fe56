#include "wire/packet.hh"

#include <cassert>
#include <cstring>

namespace gauntlet {
Packet::Packet(ConstBytes bytes) : size_(bytes.size()), before_(kRoom), after_(kRoomBehind) {
  own_ = std::make_unique_for_overwrite<uint8_t[]>(before_ + size_ + after_);
  data_ = own_.get() + before_;
  if (size_ > 0) std::memcpy(data_, bytes.data(), size_);
}

Packet Packet::borrow(uint8_t* data, size_t size, size_t before, size_t after, Origin origin) {
  Packet p;
  p.data_ = data;
  p.size_ = size;
  p.before_ = before;
  p.after_ = after;
  p.origin_ = origin;
  return p;
}

Packet& Packet::operator=(Packet&& other) noexcept {
  if (this == &other) return *this;
  data_ = std::exchange(other.data_, nullptr);
  size_ = std::exchange(other.size_, 0);
  before_ = std::exchange(other.before_, 0);
  after_ = std::exchange(other.after_, 0);
  origin_ = std::exchange(other.origin_, kNoOrigin);
  own_ = std::move(other.own_);
  return *this;
}

Packet Packet::copy() const { return Packet(bytes()); }

void Packet::keep(size_t behind) {
  if (borrowed()) reserve(kRoom, behind);
}

void Packet::reserve(size_t before, size_t after) {
  auto memory = std::make_unique_for_overwrite<uint8_t[]>(before + size_ + after);
  if (size_ > 0) std::memcpy(memory.get() + before, data_, size_);
  own_ = std::move(memory);
  data_ = own_.get() + before;
  before_ = before;
  after_ = after;
}

void Packet::insert(size_t at, size_t n) {
  assert(at <= size_);
  if (n == 0) return;
  const bool front = at <= size_ - at;
  if (front ? before_ < n : after_ < n) reserve(kRoom + n, kRoom + n);
  if (front) {
    std::memmove(data_ - n, data_, at);
    data_ -= n;
    before_ -= n;
  } else {
    std::memmove(data_ + at + n, data_ + at, size_ - at);
    after_ -= n;
  }
  size_ += n;
  std::memset(data_ + at, 0, n);
}

void Packet::erase(size_t at, size_t n) {
  assert(at + n <= size_);
  if (n == 0) return;
  if (at <= size_ - at - n) {
    std::memmove(data_ + n, data_, at);
    data_ += n;
    before_ += n;
  } else {
    std::memmove(data_ + at, data_ + at + n, size_ - at - n);
    after_ += n;
  }
  size_ -= n;
}

void Packet::append(ConstBytes bytes) {
  if (bytes.empty()) return;
  if (after_ < bytes.size()) reserve(kRoom, kRoom + bytes.size());
  std::memcpy(data_ + size_, bytes.data(), bytes.size());
  size_ += bytes.size();
  after_ -= bytes.size();
}

void Packet::truncate(size_t size) {
  assert(size <= size_);
  after_ += size_ - size;
  size_ = size;
}

}  // namespace gauntlet
