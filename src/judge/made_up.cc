#include "judge/made_up.hh"

#include <algorithm>

namespace gauntlet {
namespace {

constexpr size_t kRun = 40;  // the lines of our payload have at most 31 bytes in a row that other lines may have, too
constexpr uint64_t kBase = 0x9e3779b97f4a7c15;  // odd: no byte of a run is lost modulo 2^64

// Calls take(hash, offset) for each run of `size` bytes.
template <typename Take>
void each_run(std::span<const uint8_t> bytes, size_t size, Take take) {
  if (bytes.size() < size) return;
  uint64_t out = 1, hash = 0;
  for (size_t i = 0; i < size; ++i) out *= kBase;
  for (size_t i = 0; i < bytes.size(); ++i) {
    hash = hash * kBase + bytes[i] + 1;
    if (i >= size) hash -= (bytes[i - size] + 1) * out;
    if (i + 1 >= size) take(hash, i + 1 - size);
  }
}

}  // namespace

MadeUp made_up(std::span<const uint8_t> delivered, const std::vector<std::span<const uint8_t>>& carried) {
  MadeUp result;
  const size_t size = std::min(kRun, delivered.size());
  if (size == 0) return result;
  std::vector<uint64_t> arrived;
  for (const auto& part : carried) each_run(part, size, [&](uint64_t hash, size_t) { arrived.push_back(hash); });
  std::sort(arrived.begin(), arrived.end());
  size_t explained = 0;  // all before it is looked at
  const auto gap = [&](size_t end) {
    if (end <= explained) return;
    if (result.bytes == 0) result.first = explained;
    result.bytes += end - explained;
  };
  each_run(delivered, size, [&](uint64_t hash, size_t at) {
    if (!std::binary_search(arrived.begin(), arrived.end(), hash)) return;
    gap(at);
    explained = at + size;
  });
  gap(delivered.size());
  return result;
}

}  // namespace gauntlet
