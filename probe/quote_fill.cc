// Quotes filled up as RFC 4884 asks: what of them is data, and what only fills them up.
#include <algorithm>

#include "probe/compare.hh"
#include "wire/checksum.hh"
#include "wire/layout.hh"

namespace gauntlet {
namespace {

size_t trimmed(ConstBytes bytes, size_t size, size_t least) {
  while (size > least && bytes[size - 1] == 0) --size;
  return size;
}

// The whole segment is there, zeros at its end and all: TCP's checksum says so.
bool whole_by_checksum(ConstBytes quote) {
  const Layout l = layout_of(quote);
  return l.tcp && l.ip_total <= quote.size() && l4_checksum_ok(quote.first(l.ip_total), l);
}

}  // namespace

size_t certain_size(ConstBytes sent, ConstBytes quote) {
  constexpr size_t kFilledTo = 128, kHeader = 20;
  // A longer one is filled up to whole words: of 32 bits in ICMP, of 64 in ICMPv6 (RFC 4884 4.1, 4.2).
  const size_t word = !quote.empty() && quote[0] >> 4 == 6 ? 8 : 4;
  const size_t least = quote.size() > kFilledTo ? quote.size() - (word - 1) : kHeader;
  size_t zeros = trimmed(quote, quote.size(), least);
  const Layout l = layout_of(sent);
  if (l.tcp) {
    if (whole_by_checksum(quote)) return quote.size();
    // Who translates the quote back writes TCP's checksum, and its numbers, even into what only fills it up. No router
    // quotes up to the checksum and no further.
    if (const size_t sum = l.l4 + 16u; least == kHeader && zeros > sum && zeros <= sum + 2) {
      zeros = trimmed(quote, sum, least);
      if (zeros <= l.l4 + 12u) zeros = std::min<size_t>(zeros, l.l4 + 4u);
    }
    return zeros;
  }
  while (zeros < quote.size() && zeros < sent.size() && sent[zeros] == 0 && quote[zeros] == 0) ++zeros;
  return zeros;
}

}  // namespace gauntlet
