#include "path/prefix_map.hh"

#include <algorithm>

#include "util/error.hh"
#include "wire/checksum.hh"

namespace gauntlet {
namespace {

// Bits behind the prefix are zero.
Prefix trimmed(Prefix p) {
  for (size_t i = 0; i < p.size; ++i) {
    const unsigned left = p.bits > 8 * i ? p.bits - static_cast<unsigned>(8 * i) : 0;
    if (left < 8) p.address[i] = static_cast<uint8_t>(p.address[i] & ~(0xff >> left));
  }
  return p;
}

}  // namespace

PrefixMap::PrefixMap(const Prefix& inside, const Prefix& outside)
    : inside_(trimmed(inside)), outside_(trimmed(outside)) {
  if (inside.size != outside.size || inside.bits != outside.bits)
    throw UsageError("a prefix stands for one of the same family and length");
  if (inside.size == 16 && inside.bits > 112)
    throw UsageError("an IPv6 prefix is at most 112 bits long: RFC 6296 needs a word");
}

std::optional<std::array<uint8_t, 16>> PrefixMap::map(ConstBytes address, const Prefix& from, const Prefix& to) {
  if (!from.contains(address)) return std::nullopt;
  std::array<uint8_t, 16> result{};
  std::copy(address.begin(), address.end(), result.begin());
  for (size_t i = 0; i < to.size; ++i) result[i] = static_cast<uint8_t>(result[i] ^ from.address[i] ^ to.address[i]);
  if (to.size == 4) return result;
  // The word that makes up for the prefixes' difference: the subnet for /48 and shorter (RFC 6296 3.4), else the first
  // one of the interface identifier that is not all ones (3.5), behind the prefix.
  size_t word = 6;
  if (to.bits > 48) {
    for (word = std::max<size_t>(8, (to.bits + 15u) / 16 * 2); word < 16 && load16(&result[word]) == 0xffff;) word += 2;
  }
  if (word >= 16 || load16(&result[word]) == 0xffff) return std::nullopt;
  const uint16_t change = fold(uint64_t{sum16(from.bytes())} + static_cast<uint16_t>(~sum16(to.bytes())));
  const uint16_t fresh = fold(uint64_t{load16(&result[word])} + change);
  store16(&result[word], fresh == 0xffff ? 0 : fresh);
  return result;
}

}  // namespace gauntlet
