// Which of the latest packets did not leave at once: a box may hold them still. One bit for each of the last
// kRemembered origins, in the order in which they are handed out; memory grows with their number, to 2 MiB.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "wire/packet.hh"

namespace gauntlet {

class OriginSet {
 public:
  static constexpr size_t kRemembered = 1u << 24;

  // A packet came: whoever had this place before is forgotten.
  void reuse(Packet::Origin origin) {
    if (word_of(origin) >= words_.size()) words_.resize(word_of(origin) + 1);
    words_[word_of(origin)] &= ~bit_of(origin);
  }
  void insert(Packet::Origin origin) { words_[word_of(origin)] |= bit_of(origin); }  // reuse() was called
  bool erase(Packet::Origin origin) {                                                // whether it was there
    if (word_of(origin) >= words_.size() || (words_[word_of(origin)] & bit_of(origin)) == 0) return false;
    words_[word_of(origin)] &= ~bit_of(origin);
    return true;
  }
  void clear() { words_.clear(); }

 private:
  static size_t word_of(Packet::Origin origin) { return origin % kRemembered / 64; }
  static uint64_t bit_of(Packet::Origin origin) { return uint64_t{1} << origin % 64; }

  std::vector<uint64_t> words_;
};

}  // namespace gauntlet
