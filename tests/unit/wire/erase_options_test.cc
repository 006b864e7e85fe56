// Option bytes taken away by themselves: the same packet as with the whole block replaced, whatever the checksum was.
#include <gtest/gtest.h>

#include "make.hh"
#include "wire/packet.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

TEST(EraseOptions, AsIfTheBlockWereReplaced) {
  Rng rng(5);
  for (int round = 0; round < 3000; ++round) {
    const Buffer options = random_bytes(rng, 4 * rng.below(11));
    const Buffer segment = tcp(options, random_bytes(rng, rng.below(200)));
    Buffer bytes = rng.chance(0.5) ? ipv4(kProtoTcp, segment) : ipv6(kProtoTcp, segment);
    if (rng.chance(0.3)) bytes[layout_of(bytes).l4 + 16u] ^= 1;  // a wrong checksum stays as wrong
    const size_t size = 4 * rng.below(options.size() / 4 + 1), at = rng.below(options.size() - size + 1);
    Buffer left = options;
    left.erase(left.begin() + static_cast<long>(at), left.begin() + static_cast<long>(at + size));

    Packet erased{ConstBytes(bytes)}, replaced{ConstBytes(bytes)};
    Layout of_erased = layout_of(erased.bytes()), of_replaced = of_erased;
    ASSERT_TRUE(TcpEdit(erased, of_erased).erase_options(at, size));
    ASSERT_TRUE(TcpEdit(replaced, of_replaced).replace_options(left));
    ASSERT_EQ(bytes_of(TcpView(std::as_const(erased).bytes(), of_erased).options()), left) << at << " " << size;
    const Layout anew = layout_of(erased.bytes());
    ASSERT_EQ(of_erased.payload, anew.payload);
    ASSERT_EQ(of_erased.ip_total, anew.ip_total);
    ASSERT_EQ(l4_checksum_ok(erased.bytes(), anew), l4_checksum_ok(bytes, layout_of(bytes)));
    const size_t sum = anew.l4 + 16u;
    ASSERT_EQ(wrong_by(load16(&erased.bytes()[sum]), load16(&replaced.bytes()[sum])), 0);
    Buffer a = bytes_of(erased.bytes()), b = bytes_of(replaced.bytes());
    a[sum] = a[sum + 1] = b[sum] = b[sum + 1] = 0;  // 0 and 0xffff are the same sum
    ASSERT_EQ(a, b);
  }
}

TEST(EraseOptions, RefusesWhatIsNotThere) {
  const Buffer bytes = ipv4(kProtoTcp, tcp(Buffer(8, 1), from_hex("6869")));
  Packet packet{ConstBytes(bytes)};
  Layout layout = layout_of(packet.bytes());
  TcpEdit edit(packet, layout);
  EXPECT_FALSE(edit.erase_options(0, 3));
  EXPECT_FALSE(edit.erase_options(0, 12));
  EXPECT_FALSE(edit.erase_options(5, 4));
  EXPECT_FALSE(edit.erase_options(9, 0));
  EXPECT_EQ(bytes_of(packet.bytes()), bytes);
}

TEST(EraseOptions, AnotherPartOfThePacketMayBecomeTheBlock) {
  const Buffer bytes = ipv4(kProtoTcp, tcp(from_hex("0101080a000000010000000201010101"), from_hex("61626364")));
  Packet packet{ConstBytes(bytes)};
  Layout layout = layout_of(packet.bytes());
  TcpEdit edit(packet, layout);
  const Buffer want = from_hex("0101080a0000000100000002");
  ASSERT_TRUE(edit.replace_options(edit.view().options().first(12)));  // bytes of the packet that moves
  EXPECT_EQ(bytes_of(edit.view().options()), want);
  EXPECT_TRUE(l4_checksum_ok(std::as_const(packet).bytes(), layout));
}

}  // namespace
}  // namespace gauntlet
