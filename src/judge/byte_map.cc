#include "judge/byte_map.hh"

#include <algorithm>
#include <utility>

namespace gauntlet {

uint64_t ByteMap::insert(int64_t at, ConstBytes bytes) {
  uint64_t fresh = 0;
  while (!bytes.empty()) {
    // The extent that begins at or before `at`, if it reaches that far.
    auto next = extents_.upper_bound(at);
    auto before = next == extents_.begin() ? extents_.end() : std::prev(next);
    if (before != extents_.end()) {
      const int64_t end = before->first + static_cast<int64_t>(before->second.size());
      if (at < end) {  // held already: skip what is there
        const size_t held = std::min<size_t>(bytes.size(), static_cast<size_t>(end - at));
        at += static_cast<int64_t>(held);
        bytes = bytes.subspan(held);
        continue;
      }
      if (at > end) before = extents_.end();
    }
    const size_t room =
        next == extents_.end() ? bytes.size() : std::min<size_t>(bytes.size(), static_cast<size_t>(next->first - at));
    if (size_ + room > limit_) {
      full_ = true;
      return fresh;
    }
    if (before == extents_.end()) before = extents_.emplace(at, std::exchange(spare_, {})).first;
    before->second.insert(before->second.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(room));
    size_ += room;
    fresh += room;
    at += static_cast<int64_t>(room);
    bytes = bytes.subspan(room);
    if (next != extents_.end() && next->first == at) {  // closed the gap: one extent
      before->second.insert(before->second.end(), next->second.begin(), next->second.end());
      extents_.erase(next);
    }
  }
  return fresh;
}

void ByteMap::clear() {
  for (auto& [first, bytes] : extents_)
    if (bytes.capacity() > spare_.capacity()) spare_ = std::move(bytes);
  spare_.clear();
  extents_.clear();
  size_ = 0;
  full_ = false;
}

ConstBytes ByteMap::from(int64_t at) const {
  auto next = extents_.upper_bound(at);
  if (next == extents_.begin()) return {};
  const auto& [first, bytes] = *std::prev(next);
  const auto skip = static_cast<uint64_t>(at - first);
  return skip < bytes.size() ? ConstBytes(bytes).subspan(skip) : ConstBytes{};
}

}  // namespace gauntlet
