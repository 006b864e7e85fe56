#include <fmt/core.h>

#include <algorithm>

#include "judge/compare.hh"

namespace gauntlet {
namespace {

// A byte of one side at its canonical position; kUnknown where the capture has none (cut short) or the other side
// cannot have one (inside an edit of the stream).
constexpr int16_t kUnknown = -1;
struct Laid {
  int64_t start = 0;
  std::vector<int16_t> bytes;
  std::vector<int64_t> at;  // relative number of each byte on its own side
};

template <typename Place, typename Inside>
Laid lay(const Trace& t, const Half& h, const std::vector<uint32_t>& which, Place place, Inside inside) {
  constexpr int64_t kMost = 4 << 20;
  Laid l;
  int64_t end = INT64_MIN;
  l.start = INT64_MAX;
  for (const uint32_t i : which) {
    l.start = std::min(l.start, place(h.segments[i].first_byte()));
    end = std::max(end, place(h.segments[i].first_byte() + h.segments[i].length));
  }
  if (end <= l.start || end - l.start > kMost) return l;
  l.bytes.assign(static_cast<size_t>(end - l.start), kUnknown);
  l.at.assign(l.bytes.size(), 0);
  for (const uint32_t i : which) {
    const ConstBytes p = payload_of(t, h.segments[i]);
    for (size_t k = 0; k < p.size(); ++k) {
      const int64_t x = h.segments[i].first_byte() + static_cast<int64_t>(k);
      if (inside(x)) continue;
      const auto to = static_cast<size_t>(place(x) - l.start);
      if (to >= l.bytes.size() || l.bytes[to] != kUnknown) continue;  // the first copy counts
      l.bytes[to] = p[k];
      l.at[to] = x;
    }
  }
  return l;
}

std::string hex_run(const Laid& l, size_t from, size_t to) {
  std::vector<uint8_t> bytes;
  for (size_t k = from; k < to && k < l.bytes.size(); ++k) bytes.push_back(static_cast<uint8_t>(l.bytes[k]));
  return fmt::format("{} ({} bytes)", hex_of(bytes), to - from);
}

// One segment became one of the same length at the same place, with no edit of the stream inside.
bool plain_equal(const WayContext& c, const Group& g) {
  if (g.u.size() != 1 || g.d.size() != 1) return false;
  const FlowSegment &a = c.hu->segments[g.u[0]], &b = c.hd->segments[g.d[0]];
  const int64_t from = c.stream->before(a.first_byte()), to = c.stream->before(a.first_byte() + a.length);
  if (to - from != a.length || a.length != b.length || from != c.stream->behind(b.first_byte()) ||
      to != c.stream->behind(b.first_byte() + b.length))
    return false;
  const ConstBytes x = payload_of(*c.tu, a), y = payload_of(*c.td, b);
  return std::equal(x.begin(), x.end(), y.begin(), y.end());
}

void note(const WayContext& c, const Group& g, const char* kind, int64_t at, std::string before, std::string after) {
  Difference r = c.record(kind, g.u, g.d);
  r.field = "payload";
  r.offset = at - 1;
  r.before = std::move(before);
  r.after = std::move(after);
  c.out->add(std::move(r));
}

}  // namespace

// Only where positions of both sides are equal.
bool cut_otherwise(const WayContext& c, const Group& g) {
  if (g.u.size() != 1 || g.d.size() != 1 || !c.stream->edits().empty() || !c.sunk->empty()) return false;
  const FlowSegment &a = c.hu->segments[g.u[0]], &b = c.hd->segments[g.d[0]];
  const int64_t a0 = a.first_byte(), a1 = a0 + a.length, b0 = b.first_byte(), b1 = b0 + b.length;
  if ((a0 == b0 && a1 == b1) || std::max(a0, b0) >= std::min(a1, b1)) return false;
  const ConstBytes x = payload_of(*c.tu, a), y = payload_of(*c.td, b);
  if (x.size() != a.length || y.size() != b.length) return false;
  // Of `bytes`, which begin at `at`, those of [from, to).
  const auto part = [](ConstBytes bytes, int64_t at, int64_t from, int64_t to) {
    return from < to ? bytes.subspan(static_cast<size_t>(from - at), static_cast<size_t>(to - from)) : ConstBytes();
  };
  const int64_t from = std::max(a0, b0), to = std::min(a1, b1);
  const ConstBytes both_x = part(x, a0, from, to), both_y = part(y, b0, from, to);
  if (a0 != b0 && !std::equal(both_x.begin(), both_x.end(), both_y.begin())) return false;
  return c.arrived->anywhere(a0, part(x, a0, a0, b0)) && c.arrived->anywhere(b1, part(x, a0, b1, a1)) &&
         c.sent->anywhere(b0, part(y, b0, b0, a0)) && c.sent->anywhere(a1, part(y, b0, a1, b1));
}

void compare_payload(const WayContext& c, const Group& g, bool recut) {
  constexpr size_t kApart = 8;  // changed bytes with fewer equal ones between them are one change
  if (plain_equal(c, g)) return;
  const Laid u = lay(
      *c.tu, *c.hu, g.u, [&](int64_t x) { return c.stream->before(x); },
      [&](int64_t x) { return c.stream->edited_before(x); });
  const Laid d = lay(
      *c.td, *c.hd, g.d, [&](int64_t x) { return c.stream->behind(x); },
      [&](int64_t x) { return c.stream->edited_behind(x); });
  if (u.bytes.empty() && d.bytes.empty()) return;
  if (recut && u.start != d.start) return;
  if (u.bytes.empty() || d.bytes.empty() || u.start != d.start) {
    const bool gone = !u.bytes.empty() && d.bytes.empty();
    if (u.bytes.empty() != d.bytes.empty())
      note(c, g, gone ? "deleted" : "inserted", gone ? u.at[0] : d.at[0], fmt::format("{} bytes", u.bytes.size()),
           fmt::format("{} bytes", d.bytes.size()));
    else if (g.u.size() == 1 && g.d.size() == 1 && u.bytes != d.bytes)  // another place and other bytes
      note(c, g, "changed", u.at[0], hex_run(u, 0, u.bytes.size()), hex_run(d, 0, d.bytes.size()));
    return;
  }
  const size_t n = std::min(u.bytes.size(), d.bytes.size());
  const auto differ = [&](size_t k) {
    return u.bytes[k] != kUnknown && d.bytes[k] != kUnknown && u.bytes[k] != d.bytes[k];
  };
  for (size_t k = 0; k < n;) {
    if (!differ(k)) {
      ++k;
      continue;
    }
    size_t last = k;
    for (size_t m = k; m < n && m <= last + kApart; ++m)
      if (differ(m)) last = m;
    note(c, g, "changed", u.at[k], hex_run(u, k, last + 1), hex_run(d, k, last + 1));
    k = last + 1;
  }
  if (!recut && g.u.size() == 1 && g.d.size() == 1 && u.bytes.size() != d.bytes.size()) {
    const bool shorter = d.bytes.size() < u.bytes.size();
    const Laid& longer = shorter ? u : d;
    if (longer.bytes[n] == kUnknown) return;
    note(c, g, shorter ? "deleted" : "inserted", longer.at[n], shorter ? hex_run(u, n, u.bytes.size()) : "",
         shorter ? "" : hex_run(d, n, d.bytes.size()));
  }
}

void compare_stream(const WayContext& c) {
  int64_t shift = 0, last = INT64_MIN;
  for (const FlowSegment& s : c.hu->segments)
    if (s.occupies()) last = std::max(last, s.end());
  for (const LengthEdit& e : c.stream->edits()) {
    const int64_t before = e.u1 - e.u0, after = e.d1 - e.d0;
    std::vector<uint32_t> u = c.sent->touching(e.u0, e.u1, Difference::kFrames);
    const std::vector<uint32_t> d = c.arrived->touching(e.d0, e.d1, Difference::kFrames);
    if (u.empty()) u = c.sent->touching(e.u0 - 1, e.u0, Difference::kFrames);
    const auto note_edit = [&](const char* kind, int64_t at, int64_t old_size, int64_t new_size) {
      Difference r = c.record(kind, u, d);
      r.field = "payload";
      r.offset = at - 1;
      r.before = fmt::format("{} bytes", old_size);
      r.after = fmt::format("{} bytes", new_size);
      c.out->add(std::move(r));
    };
    if (e.bytes_behind || after < before) {
      const int64_t both = std::min(before, after);
      if (both > 0) note_edit("changed", e.u0, both, both);
      note_edit(after > before ? "inserted" : "deleted", e.u0 + both, before - both, after - both);
    }
    if (last > e.u1) {
      Difference r = c.record("seq_shift_from", u, d);
      r.field = "seq";
      r.offset = e.u1 - 1;
      r.before = fmt::format("{:+}", shift);
      r.after = fmt::format("{:+}", shift + after - before);
      c.out->add(std::move(r));
    }
    shift += after - before;
  }
  for (const DownShift& down : *c.sunk) {
    Difference r =
        c.record("seq_shift_from", down.first ? std::vector{*down.first} : std::vector<uint32_t>{}, {down.segment});
    r.field = "seq";
    r.offset = down.at - 1;
    r.before = "+0";
    r.after = fmt::format("{:+}", -down.by);
    c.out->add(std::move(r));
  }
}

}  // namespace gauntlet
