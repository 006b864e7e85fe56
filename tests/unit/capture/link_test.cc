#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capture/capture.hh"

namespace gauntlet {
namespace {

using testing::ElementsAreArray;
using testing::IsEmpty;

using Octets = std::vector<uint8_t>;

Octets operator+(Octets a, const Octets& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

const Octets kMacs(12, 0xaa);
const Octets kV4 = Octets{0x45, 0, 0, 21, 0, 1, 0, 0, 64, 6, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2} + Octets{0x77};
const Octets kV6 = Octets{0x60, 0, 0, 0, 0, 1, 6, 64} + Octets(32, 0x20) + Octets{0x77};

Octets ip_of(LinkType link, const Octets& bytes) {
  Frame f;
  f.link = link;
  f.bytes = bytes;
  const ConstBytes ip = f.ip();
  return {ip.begin(), ip.end()};
}

TEST(Link, EthernetTagsAndPadding) {
  const Octets padding(25, 0);
  EXPECT_THAT(ip_of(LinkType::ethernet, kMacs + Octets{8, 0} + kV4 + padding), ElementsAreArray(kV4));
  EXPECT_THAT(ip_of(LinkType::ethernet, kMacs + Octets{0x86, 0xdd} + kV6 + padding), ElementsAreArray(kV6));
  EXPECT_THAT(ip_of(LinkType::ethernet, kMacs + Octets{0x81, 0, 0, 5, 8, 0} + kV4), ElementsAreArray(kV4));
  EXPECT_THAT(ip_of(LinkType::ethernet, kMacs + Octets{0x88, 0xa8, 0, 5, 0x81, 0, 0, 6, 0x86, 0xdd} + kV6),
              ElementsAreArray(kV6));
  EXPECT_THAT(ip_of(LinkType::ethernet, kMacs + Octets{8, 6} + Octets(28, 1)), IsEmpty());  // ARP
  EXPECT_THAT(ip_of(LinkType::ethernet, kMacs + Octets{0x81, 0, 0}), IsEmpty());
  EXPECT_THAT(ip_of(LinkType::ethernet, Octets(13, 8)), IsEmpty());
}

TEST(Link, CookedAndRaw) {
  const Octets sll = Octets{0, 4, 0, 1, 0, 6} + Octets(8, 2);
  EXPECT_THAT(ip_of(LinkType::linux_sll, sll + Octets{8, 0} + kV4), ElementsAreArray(kV4));
  EXPECT_THAT(ip_of(LinkType::linux_sll, sll + Octets{0x81, 0, 0, 9, 0x86, 0xdd} + kV6), ElementsAreArray(kV6));
  EXPECT_THAT(ip_of(LinkType::linux_sll, Octets(15, 8)), IsEmpty());
  const Octets sll2 = Octets{0, 0, 0, 0, 0, 3, 0, 1, 4, 6} + Octets(8, 2);
  EXPECT_THAT(ip_of(LinkType::linux_sll2, Octets{0x86, 0xdd} + sll2 + kV6), ElementsAreArray(kV6));
  EXPECT_THAT(ip_of(LinkType::linux_sll2, Octets{8, 0} + Octets(5, 0)), IsEmpty());
  EXPECT_THAT(ip_of(LinkType::raw, kV4 + Octets{1, 2}), ElementsAreArray(kV4));
  EXPECT_THAT(ip_of(LinkType::ipv4, kV4), ElementsAreArray(kV4));
  EXPECT_THAT(ip_of(LinkType::ipv6, kV6 + Octets{9}), ElementsAreArray(kV6));
  EXPECT_THAT(ip_of(static_cast<LinkType>(147), kV4), IsEmpty());
}

TEST(Link, LengthsThatLieCutNothing) {
  Octets longer = kV4, zero = kV4, below = kV4;
  longer[3] = 200;
  zero[3] = 0;
  below[3] = 19;
  for (const Octets& packet : {longer, zero, below})
    EXPECT_THAT(ip_of(LinkType::raw, packet), ElementsAreArray(packet));
  Octets jumbo = kV6, bare = kV6;
  jumbo[5] = 0;
  bare[5] = 0;
  bare[6] = 59;
  EXPECT_THAT(ip_of(LinkType::raw, jumbo), ElementsAreArray(jumbo));
  EXPECT_EQ(ip_of(LinkType::raw, bare).size(), 40u);
  EXPECT_EQ(ip_of(LinkType::raw, {0x45, 0, 0}).size(), 3u);
}

}  // namespace
}  // namespace gauntlet
