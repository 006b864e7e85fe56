// A stretch of a byte stream that moves forward: bytes are put at positions and given up from the front.
#pragma once
#include <algorithm>
#include <vector>

#include "tcp/sequence.hh"
#include "wire/bytes.hh"

namespace gauntlet {

class StreamBuffer {
 public:
  explicit StreamBuffer(Position begin = 0) : begin_(begin) {}

  Position begin() const { return begin_; }
  Position end() const { return begin_ + static_cast<Position>(bytes_.size() - head_); }
  size_t size() const { return bytes_.size() - head_; }

  void append(ConstBytes bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  // Writes at `at`, which is not before begin(); what lies between end() and `at` is zero until it is written.
  void put(Position at, ConstBytes bytes) {
    const size_t from = head_ + static_cast<size_t>(at - begin_);
    if (bytes_.size() < from + bytes.size()) bytes_.resize(from + bytes.size());
    if (!bytes.empty()) std::memcpy(bytes_.data() + from, bytes.data(), bytes.size());
  }
  ConstBytes view(Position at, size_t size) const {
    return ConstBytes(bytes_).subspan(head_ + static_cast<size_t>(at - begin_), size);
  }
  // Gives up everything before `at`. Memory is given back when nothing is left.
  void drop_before(Position at) {
    if (at <= begin_) return;
    head_ += std::min(static_cast<size_t>(at - begin_), size());
    begin_ = at;
    if (head_ == bytes_.size()) {
      bytes_ = {};
      head_ = 0;
    } else if (head_ > bytes_.size() / 2) {
      bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<ptrdiff_t>(head_));
      head_ = 0;
    }
  }

 private:
  std::vector<uint8_t> bytes_;
  size_t head_ = 0;  // bytes at the front of bytes_ that were given up
  Position begin_;
};

}  // namespace gauntlet
