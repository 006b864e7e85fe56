// Puts other bytes in an option's place, in a block that must stay a whole number of words and within 40 bytes: NOPs
// behind the option make room first, and NOPs behind it fill the last word.
#pragma once
#include <algorithm>
#include <array>

#include "wire/options.hh"
#include "wire/tcp.hh"

namespace gauntlet {

// Replaces `size` bytes at `at` of the option block by `with` (0 bytes: away with it). False when it does not fit, or
// the packet's length may not change.
inline bool splice_options(TcpEdit& edit, size_t at, size_t size, ConstBytes with) {
  const ConstBytes had = edit.view().options();
  ConstBytes behind = had.subspan(at + size);
  for (size_t grown = with.size() > size ? with.size() - size : 0; grown > 0 && !behind.empty(); --grown) {
    if (behind.front() != kOptNop) break;
    behind = behind.subspan(1);
  }
  const size_t used = at + with.size() + behind.size(), total = (used + 3) / 4 * 4;
  std::array<uint8_t, 40> block;
  if (total > block.size()) return false;
  auto to = std::copy_n(had.begin(), at, block.begin());
  to = std::copy(with.begin(), with.end(), to);
  to = std::fill_n(to, total - used, kOptNop);
  std::copy(behind.begin(), behind.end(), to);
  return edit.replace_options({block.data(), total});
}

}  // namespace gauntlet
