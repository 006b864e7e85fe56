#include "judge/stream_map.hh"

#include <algorithm>
#include <cstring>
#include <unordered_map>

namespace gauntlet {
namespace {

// Two streams are in step again where this many bytes agree. One whole line of our payload: any 64 of its bytes name an
// offset.
constexpr size_t kGram = 64;
constexpr uint64_t kReach = 256u << 10;  // how far an edit of unequal length is searched for, in bytes of each side
constexpr int64_t kNear = 4096;  // a same-length change up to this long is believed without looking for another reading

struct Anchor {
  int64_t u, d;
};

// The smallest k > 0 for which kGram bytes at u + k and d + k agree.
std::optional<Anchor> in_step(const ByteMap& u, const ByteMap& d, Anchor at) {
  size_t run = 0;
  int64_t k = 0;
  for (;;) {
    ConstBytes x = u.from(at.u + k), y = d.from(at.d + k);
    if (x.empty() || y.empty()) {  // a hole: go on where both sides have bytes again
      run = 0;
      const auto nx = u.extents().lower_bound(at.u + k), ny = d.extents().lower_bound(at.d + k);
      if ((x.empty() && nx == u.extents().end()) || (y.empty() && ny == d.extents().end())) return std::nullopt;
      k = std::max(x.empty() ? nx->first - at.u : k, y.empty() ? ny->first - at.d : k);
      continue;
    }
    const size_t n = std::min(x.size(), y.size());
    for (size_t i = 0; i < n; ++i) {
      run = x[i] == y[i] ? run + 1 : 0;
      if (run == kGram)
        return Anchor{at.u + k + static_cast<int64_t>(i + 1 - kGram), at.d + k + static_cast<int64_t>(i + 1 - kGram)};
    }
    k += static_cast<int64_t>(n);
  }
}

constexpr uint64_t kBase = 0x100000001b3;

// Calls visit(position, hash) for every kGram bytes in a row from `at` on, until it says stop or kReach bytes are seen.
template <typename Visit>
void grams(const ByteMap& map, int64_t at, Visit visit) {
  uint64_t top = 1;  // kBase^kGram: the weight of the byte that leaves the window
  for (size_t i = 0; i < kGram; ++i) top *= kBase;
  uint64_t seen = 0;
  for (;;) {
    const ConstBytes run = map.from(at);
    if (run.empty()) {
      const auto next = map.extents().lower_bound(at);
      if (next == map.extents().end()) return;
      at = next->first;
      continue;
    }
    uint64_t hash = 0;
    for (size_t i = 0; i < run.size(); ++i) {
      hash = hash * kBase + run[i] + 1;
      if (i >= kGram) hash -= top * (run[i - kGram] + 1u);
      if (i + 1 >= kGram && !visit(at + static_cast<int64_t>(i + 1 - kGram), hash)) return;
      if (++seen > kReach) return;
    }
    at += static_cast<int64_t>(run.size());
  }
}

// The first place of `u` whose bytes stand anywhere near in `d`.
std::optional<Anchor> out_of_step(const ByteMap& u, const ByteMap& d, Anchor at) {
  std::unordered_map<uint64_t, int64_t> places;
  grams(d, at.d, [&](int64_t p, uint64_t h) { return places.emplace(h, p), true; });
  std::optional<Anchor> found;
  grams(u, at.u, [&](int64_t p, uint64_t h) {
    const auto hit = places.find(h);
    if (hit == places.end() || std::memcmp(u.from(p).data(), d.from(hit->second).data(), kGram) != 0) return true;
    found = Anchor{p, hit->second};
    return false;
  });
  return found;
}

// Gives back to the common part what the two regions end with alike.
void trim_end(const ByteMap& u, const ByteMap& d, LengthEdit& e) {
  while (e.u1 > e.u0 && e.d1 > e.d0) {
    const ConstBytes x = u.from(e.u1 - 1), y = d.from(e.d1 - 1);
    if (x.empty() || y.empty() || x[0] != y[0]) return;
    --e.u1;
    --e.d1;
  }
}

int64_t canonical(int64_t x, int64_t from, int64_t to, int64_t removed) {
  return x >= to ? removed + (to - from) : x > from ? removed + (x - from) : removed;
}

}  // namespace

int64_t StreamMap::before(int64_t x) const {
  int64_t removed = 0;
  for (const LengthEdit& e : edits_) removed = canonical(x, e.u0, e.u1, removed);
  return x - removed;
}

int64_t StreamMap::behind(int64_t x) const {
  int64_t removed = 0;
  for (const LengthEdit& e : edits_) removed = canonical(x, e.d0, e.d1, removed);
  return x - removed;
}

StreamMap map_streams(const ByteMap& u, const ByteMap& d, std::optional<int64_t> u_fin, std::optional<int64_t> d_fin) {
  std::vector<LengthEdit> edits;
  if (u.extents().empty() || d.extents().empty()) return StreamMap{};
  const int64_t first = std::max(u.extents().begin()->first, d.extents().begin()->first);
  Anchor at{first, first};
  for (;;) {
    const ConstBytes x = u.from(at.u), y = d.from(at.d);
    const size_t n = std::min(x.size(), y.size());
    const auto same = static_cast<int64_t>(
        std::mismatch(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(n), y.begin()).first - x.begin());
    at = {at.u + same, at.d + same};
    std::optional<Anchor> next = in_step(u, d, at);
    if (!next || next->u - at.u > kNear) {
      const std::optional<Anchor> other = out_of_step(u, d, at);
      if (other && (!next || other->u < next->u)) next = other;
    }
    if (!next && u_fin && d_fin && *u_fin >= at.u && *d_fin >= at.d) next = Anchor{*u_fin, *d_fin};
    if (!next) break;
    if (next->u - at.u != next->d - at.d) {
      LengthEdit e{at.u, next->u, at.d, next->d, false};
      trim_end(u, d, e);
      const auto held = d.extents().lower_bound(e.d0);
      e.bytes_behind = !d.from(e.d0).empty() || (held != d.extents().end() && held->first < e.d1);
      edits.push_back(e);
    }
    if (u_fin && d_fin && next->u == *u_fin && next->d == *d_fin) break;
    at = *next;
  }
  return StreamMap(std::move(edits));
}

}  // namespace gauntlet
