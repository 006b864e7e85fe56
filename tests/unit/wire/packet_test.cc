// Packet against a plain vector: the same bytes after any sequence of edits, in borrowed memory and in its own.
#include "wire/packet.hh"

#include <gtest/gtest.h>

#include "make.hh"

namespace gauntlet {
namespace {

void same_edits(Rng& rng, Packet& packet, Buffer& model) {
  for (int k = 0; k < 12; ++k) {
    const size_t at = rng.below(model.size() + 1);
    const auto where = model.begin() + static_cast<long>(at);
    switch (rng.below(4)) {
      case 0: {
        const size_t n = rng.below(70);
        packet.insert(at, n);
        model.insert(where, n, 0);
        break;
      }
      case 1: {
        const size_t n = rng.below(model.size() - at + 1);
        packet.erase(at, n);
        model.erase(where, where + static_cast<long>(n));
        break;
      }
      case 2: {
        const Buffer tail = random_bytes(rng, rng.below(200));
        packet.append(tail);
        model = model + tail;
        break;
      }
      default:
        packet.truncate(at);
        model.resize(at);
    }
    ASSERT_EQ(bytes_of(packet.bytes()), model);
  }
}

TEST(Packet, EditsLikeAVector) {
  Rng rng(300);
  for (int i = 0; i < 500; ++i) {
    Buffer model = random_bytes(rng, rng.below(300));
    Packet packet{ConstBytes(model)};
    same_edits(rng, packet, model);
  }
}

TEST(Packet, BorrowedBytesAreEditedInPlaceAndNothingAroundThem) {
  Rng rng(301);
  for (int i = 0; i < 500; ++i) {
    Buffer slot(400, 0xee);  // 10 guard bytes, 50 to use, the packet, 50 to use, guards
    const size_t size = 1 + rng.below(280);
    Buffer model = random_bytes(rng, size);
    std::copy(model.begin(), model.end(), slot.begin() + 60);
    Packet packet = Packet::borrow(slot.data() + 60, size, 50, 50, 7);
    EXPECT_TRUE(packet.borrowed());
    same_edits(rng, packet, model);
    EXPECT_EQ(packet.origin(), 7u);
    for (size_t k = 0; k < 10; ++k) ASSERT_EQ(slot[k], 0xee);
    for (size_t k = 60 + size + 50; k < slot.size(); ++k) ASSERT_EQ(slot[k], 0xee);
  }
}

TEST(Packet, KeptBytesOutliveTheSlot) {
  auto slot = std::make_unique<Buffer>(from_hex("0102030405"));
  Packet packet = Packet::borrow(slot->data(), 5, 0, 0, 3);
  packet.keep();
  slot.reset();  // ASan would see a look at it
  EXPECT_FALSE(packet.borrowed());
  EXPECT_EQ(packet.origin(), 3u);
  EXPECT_EQ(bytes_of(packet.bytes()), from_hex("0102030405"));
  EXPECT_EQ(packet.copy().origin(), Packet::kNoOrigin);
  const Packet moved = std::move(packet);
  EXPECT_EQ(bytes_of(moved.bytes()), from_hex("0102030405"));
}

}  // namespace
}  // namespace gauntlet
