// Where a text stands in a packet's bytes. Looks at a block of places at a time, by the text's first and last byte:
// std::search is several times as slow on payloads, and so is memmem.
#pragma once
#include <cstring>
#include <string_view>

#include "wire/bytes.hh"

namespace gauntlet {

using SixteenBytes [[gnu::vector_size(16)]] = uint8_t;
constexpr size_t kNowhere = SIZE_MAX;

// The first place at or behind `from` (0 to in.size()); kNowhere too where `text` is empty.
inline size_t find_text(ConstBytes in, std::string_view text, size_t from = 0) {
  constexpr size_t kBlock = 64;
  if (text.empty() || in.size() < text.size()) return kNowhere;
  const auto first = static_cast<uint8_t>(text.front()), last = static_cast<uint8_t>(text.back());
  const uint8_t *heads = in.data(), *tails = in.data() + text.size() - 1;
  const size_t places = in.size() - text.size() + 1;
  const auto within = [&](size_t at, size_t end) {
    for (; at < end; ++at) {
      if (heads[at] == first && std::memcmp(heads + at, text.data(), text.size()) == 0) return at;
    }
    return kNowhere;
  };
  for (; from + kBlock <= places; from += kBlock) {
    SixteenBytes hits{};
    for (size_t i = from; i < from + kBlock; i += sizeof hits) {
      SixteenBytes head, tail;
      std::memcpy(&head, heads + i, sizeof head);
      std::memcpy(&tail, tails + i, sizeof tail);
      hits |= reinterpret_cast<SixteenBytes>((head == first) & (tail == last));
    }
    uint64_t halves[2];
    std::memcpy(halves, &hits, sizeof hits);
    if ((halves[0] | halves[1]) == 0) continue;
    if (const size_t at = within(from, from + kBlock); at != kNowhere) return at;
  }
  return within(from, places);
}

}  // namespace gauntlet
