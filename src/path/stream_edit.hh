// The edits made to one direction of one TCP stream, and what they do to positions in it: what an application level
// gateway has to remember, so that a retransmission is edited like the original and both ends agree on every sequence
// number.
//
// Positions count from the first payload byte (initial sequence number + 1); "old" is the sender's side, "new" the
// receiver's. Byte i of a replaced range maps to byte i of the replacement while there is one; what the replacement has
// more stands behind the range's last byte. So any segmentation of the old stream gives the same new stream.
//
// Bounded: what was acknowledged long ago is forgotten (forget_before), and of a stream with very many edits the first,
// down to kKept, which lie further back than any window reaches. What came before is taken for what stands right in
// front of the first edit that is left.
#pragma once
#include <cstdint>
#include <vector>

#include "wire/bytes.hh"

namespace gauntlet {

class StreamEdit {
 public:
  static constexpr size_t kKept = 65536;  // edits; twice as many for a moment

  // Replaces `removed` (at least 1) old bytes at `at`. Where the length changes, nothing behind `at` may have been sent
  // on yet. False when it overlaps an earlier edit, or lies before one that was forgotten.
  bool add(int64_t at, size_t removed, std::vector<uint8_t> inserted);
  // Flips `bits` (at least 1) in the bytes at `at`. They are not copied and must live as long as this. Likewise false.
  bool flip(int64_t at, ConstBytes bits);
  // Nobody will ask for old bytes before `at` again: edits that end before it may go. Costs next to nothing.
  void forget_before(int64_t at);

  bool empty() const { return edits_.empty(); }
  bool touches(int64_t from, int64_t to) const;  // does [from, to) of the old stream differ in the new one?
  int64_t forward(int64_t old_position) const;
  int64_t back(int64_t new_position) const;       // the furthest old position that is not beyond: acknowledgements
  int64_t back_left(int64_t new_position) const;  // the nearest old position that is not before: left edges of SACK
  // What becomes of [offset, offset + removed) of a segment's bytes; the others stay.
  struct Piece {
    size_t offset = 0, removed = 0;
    ConstBytes flipped;          // as many bits to flip there; else
    std::vector<uint8_t> bytes;  // what takes their place
  };
  void rewrite(int64_t from, ConstBytes old_bytes, Piece&) const;  // overwrites the piece, and keeps its memory
  size_t count() const { return added_; }
  size_t kept() const { return edits_.size(); }

 private:
  struct Edit {
    int64_t at;  // old
    int64_t removed;
    std::vector<uint8_t> inserted;
    int64_t shift;           // new minus old position in front of this edit
    const uint8_t* flipped;  // `removed` bytes of bits; else null
    int64_t behind() const { return at + removed; }
    int64_t size() const { return flipped != nullptr ? removed : static_cast<int64_t>(inserted.size()); }
    int64_t new_at() const { return at + shift; }
  };
  bool place(Edit);
  template <class Before>
  std::vector<Edit>::const_iterator first_not(Before) const;
  void forget(size_t first);
  int64_t shift_at_front() const { return edits_.empty() ? 0 : edits_.front().shift; }

  std::vector<Edit> edits_;  // by position, not overlapping
  size_t added_ = 0;
  int64_t forgotten_ = INT64_MIN;  // old position behind the last forgotten one
};

}  // namespace gauntlet
