#include "judge/stream_map.hh"

#include <algorithm>
#include <cstring>
#include <unordered_map>

namespace gauntlet {
namespace {

// Two streams are in step again where this many bytes agree. One whole line of our payload: any 64 of its bytes name an
// offset.
constexpr size_t kGram = 64;
// How far an edit of unequal length is searched for, in bytes of each side: little at first, so that a search costs no
// more than a few times what it passes over, however many edits there are.
constexpr uint64_t kFirstReach = 1u << 10, kReach = 256u << 10;
constexpr int64_t kNear = 4096;  // a same-length change up to this long is believed without looking for another reading

constexpr int64_t kEndless = INT64_MAX / 2;

struct Anchor {
  int64_t u, d;
};

// The smallest k in [0, most] for which kGram bytes at u + k and d + k agree.
std::optional<Anchor> in_step(SegmentBytes& u, SegmentBytes& d, Anchor at, int64_t most, uint64_t& looked) {
  size_t run = 0;
  for (int64_t k = 0; k <= most;) {
    const ConstBytes x = u.from(at.u + k), y = d.from(at.d + k);
    if (x.empty() || y.empty()) {  // a hole: go on where both sides have bytes again
      run = 0;
      const auto nx = u.next(at.u + k), ny = d.next(at.d + k);
      if (!nx || !ny) return std::nullopt;
      k = std::max(*nx - at.u, *ny - at.d);
      continue;
    }
    const size_t n = std::min(x.size(), y.size());
    looked += std::min(n, static_cast<size_t>(most - k) + kGram);
    for (size_t i = 0; i < n && k + static_cast<int64_t>(i) < most + static_cast<int64_t>(kGram); ++i) {
      run = x[i] == y[i] ? run + 1 : 0;
      if (run == kGram)
        return Anchor{at.u + k + static_cast<int64_t>(i + 1 - kGram), at.d + k + static_cast<int64_t>(i + 1 - kGram)};
    }
    k += static_cast<int64_t>(n);
  }
  return std::nullopt;
}

constexpr uint64_t kBase = 0x100000001b3;

// Calls visit(position, hash, bytes) for every kGram bytes in a row from `at` on, until it says stop or `reach` bytes
// are seen. Returns how many were.
template <typename Visit>
uint64_t grams(SegmentBytes& map, int64_t at, uint64_t reach, Visit visit) {
  uint64_t top = 1;  // kBase^kGram: the weight of the byte that leaves the window
  for (size_t i = 0; i < kGram; ++i) top *= kBase;
  uint64_t seen = 0;
  for (;;) {
    const ConstBytes run = map.from(at);
    if (run.empty()) {
      const auto next = map.next(at);
      if (!next) return seen;
      at = *next;
      continue;
    }
    uint64_t hash = 0;
    for (size_t i = 0; i < run.size(); ++i) {
      hash = hash * kBase + run[i] + 1;
      if (i >= kGram) hash -= top * (run[i - kGram] + 1u);
      const size_t first = i + 1 - kGram;
      if (i + 1 >= kGram && !visit(at + static_cast<int64_t>(first), hash, run.data() + first)) return seen;
      if (++seen > reach) return seen;
    }
    at += static_cast<int64_t>(run.size());
  }
}

// The first place of `u` whose bytes stand anywhere near in `d`.
std::optional<Anchor> out_of_step(SegmentBytes& u, SegmentBytes& d, Anchor at, uint64_t& looked) {
  std::optional<Anchor> found;
  for (uint64_t reach = kFirstReach; !found && reach <= kReach; reach *= 4) {
    std::unordered_map<uint64_t, int64_t> places;
    looked += grams(d, at.d, reach, [&](int64_t p, uint64_t h, const uint8_t*) { return places.emplace(h, p), true; });
    looked += grams(u, at.u, reach, [&](int64_t p, uint64_t h, const uint8_t* bytes) {
      const auto hit = places.find(h);
      if (hit == places.end() || std::memcmp(bytes, d.from(hit->second).data(), kGram) != 0) return true;
      found = Anchor{p, hit->second};
      return false;
    });
  }
  return found;
}

// Where segments end on both sides and the next begin: a gateway that edits a line sends it as one segment again. Told
// from chance by what follows, which need not be kGram bytes.
struct Border {
  Anchor at;
  bool sure;  // the next segments are equal as a whole, or both streams end
};

std::optional<Border> border(SegmentBytes& u, SegmentBytes& d, Anchor at, std::optional<Anchor> fins) {
  constexpr int kSegments = 4;          // an edit may touch some
  constexpr std::ptrdiff_t kAlike = 4;  // bytes that follow alike, or all of a shorter segment
  Anchor here = at;
  for (int k = 0; k < kSegments; ++k) {
    const auto x = u.end_of_segment(here.u), y = d.end_of_segment(here.d);
    if (!x || !y) return std::nullopt;
    here = {*x, *y};
    if (fins && here.u == fins->u && here.d == fins->d) return Border{here, true};
    const auto next_u = u.end_of_segment(here.u), next_d = d.end_of_segment(here.d);
    if (!next_u || !next_d) continue;
    const int64_t size_u = *next_u - here.u, size_d = *next_d - here.d;
    const ConstBytes first = u.from(here.u), second = d.from(here.d);
    const auto most = static_cast<size_t>(
        std::min({size_u, size_d, static_cast<int64_t>(first.size()), static_cast<int64_t>(second.size())}));
    const auto alike =
        std::mismatch(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(most), second.begin()).first -
        first.begin();
    if (size_u == size_d && alike == size_u) return Border{here, true};
    if (alike >= kAlike) return Border{here, false};
  }
  return std::nullopt;
}

// Gives back to the common part what the two regions end with alike.
void trim_end(SegmentBytes& u, SegmentBytes& d, LengthEdit& e) {
  while (e.u1 > e.u0 && e.d1 > e.d0) {
    const ConstBytes x = u.from(e.u1 - 1), y = d.from(e.d1 - 1);
    if (x.empty() || y.empty() || x[0] != y[0]) return;
    --e.u1;
    --e.d1;
  }
}

// `begin` and `end` give an edit's place on one side; `gone`: bytes of that side in the edits before each.
int64_t canonical(int64_t x, const std::vector<LengthEdit>& edits, const std::vector<int64_t>& gone,
                  int64_t LengthEdit::*begin, int64_t LengthEdit::*end) {
  const auto behind = std::upper_bound(edits.begin(), edits.end(), x,
                                       [&](int64_t position, const LengthEdit& e) { return position <= e.*begin; });
  if (behind == edits.begin()) return x;
  const LengthEdit& e = *std::prev(behind);
  return x - gone[static_cast<size_t>(behind - edits.begin()) - 1] - (std::min(x, e.*end) - e.*begin);
}

bool inside(int64_t x, const std::vector<LengthEdit>& edits, int64_t LengthEdit::*begin, int64_t LengthEdit::*end) {
  const auto behind = std::upper_bound(edits.begin(), edits.end(), x,
                                       [&](int64_t position, const LengthEdit& e) { return position < e.*begin; });
  return behind != edits.begin() && x < (*std::prev(behind)).*end;
}

}  // namespace

StreamMap::StreamMap(std::vector<LengthEdit> edits) : edits_(std::move(edits)) {
  int64_t u = 0, d = 0;
  for (const LengthEdit& e : edits_) {
    gone_u_.push_back(u);
    gone_d_.push_back(d);
    u += e.u1 - e.u0;
    d += e.d1 - e.d0;
  }
}

int64_t StreamMap::before(int64_t x) const { return canonical(x, edits_, gone_u_, &LengthEdit::u0, &LengthEdit::u1); }
int64_t StreamMap::behind(int64_t x) const { return canonical(x, edits_, gone_d_, &LengthEdit::d0, &LengthEdit::d1); }
bool StreamMap::edited_before(int64_t x) const { return inside(x, edits_, &LengthEdit::u0, &LengthEdit::u1); }
bool StreamMap::edited_behind(int64_t x) const { return inside(x, edits_, &LengthEdit::d0, &LengthEdit::d1); }

StreamMap map_streams(SegmentBytes& u, SegmentBytes& d, std::optional<int64_t> u_fin, std::optional<int64_t> d_fin,
                      uint64_t* work) {
  uint64_t unasked = 0, &looked = work ? *work : unasked;
  std::vector<LengthEdit> edits;
  if (u.empty() || d.empty()) return StreamMap{};
  const std::optional<Anchor> fins = u_fin && d_fin ? std::optional(Anchor{*u_fin, *d_fin}) : std::nullopt;
  const int64_t first = std::max(u.first(), d.first());
  Anchor at{first, first};
  for (;;) {
    const ConstBytes x = u.from(at.u), y = d.from(at.d);
    const size_t n = std::min(x.size(), y.size());
    const auto same = static_cast<int64_t>(
        std::mismatch(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(n), y.begin()).first - x.begin());
    at = {at.u + same, at.d + same};
    looked += static_cast<uint64_t>(same);
    if (n > 0 && static_cast<size_t>(same) == n && !u.from(at.u).empty() && !d.from(at.d).empty()) continue;
    std::optional<Anchor> next = in_step(u, d, at, kNear, looked);
    if (!next || next->u - at.u > kNear) {
      const std::optional<Anchor> other = out_of_step(u, d, at, looked);
      if (!next) next = in_step(u, d, at, other ? other->u - at.u : kEndless - std::max(at.u, at.d), looked);
      if (other && (!next || other->u < next->u)) next = other;
      const std::optional<Border> near = border(u, d, at, fins);
      if (near && (!next || (near->sure && near->at.u < next->u && near->at.d <= next->d))) next = near->at;
    }
    if (!next && fins && fins->u >= at.u && fins->d >= at.d) next = fins;
    if (!next) break;
    if (next->u - at.u != next->d - at.d) {
      LengthEdit e{at.u, next->u, at.d, next->d, false};
      trim_end(u, d, e);
      const auto held = d.next(e.d0);
      e.bytes_behind = held && *held < e.d1;
      edits.push_back(e);
    }
    if (fins && next->u == fins->u && next->d == fins->d) break;
    at = *next;
  }
  return StreamMap(std::move(edits));
}

}  // namespace gauntlet
