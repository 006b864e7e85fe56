#include "judge/segment_bytes.hh"

#include <algorithm>

namespace gauntlet {
namespace {

constexpr int64_t kBack = 64 << 10;     // held in front of what is asked for: whoever steps back finds it
constexpr int64_t kWindow = 4ll << 20;  // and behind it

}  // namespace

SegmentBytes::SegmentBytes(const Trace& trace, const Half& half) : trace_(&trace), half_(&half) {
  for (uint32_t i = 0; i < half.segments.size(); ++i) {
    const FlowSegment& s = half.segments[i];
    if (s.length == 0 || s.has(kRst)) continue;
    order_.push_back(i);
    longest_ = std::max<int64_t>(longest_, s.length);
    end_ = order_.size() == 1 ? s.first_byte() + s.length : std::max<int64_t>(end_, s.first_byte() + s.length);
  }
  std::stable_sort(order_.begin(), order_.end(), [&](uint32_t x, uint32_t y) {
    return half.segments[x].first_byte() < half.segments[y].first_byte();
  });
}

int64_t SegmentBytes::first() const { return segment(0).first_byte(); }

void SegmentBytes::load(int64_t at) {
  begin_ = at - kBack;
  stop_ = at + kWindow;
  window_.clear();
  const auto by_first = [&](uint32_t i, int64_t x) { return half_->segments[i].first_byte() < x; };
  const auto first = std::lower_bound(order_.begin(), order_.end(), begin_ - longest_, by_first),
             last = std::lower_bound(first, order_.end(), stop_, by_first);
  std::vector<uint32_t> touching(first, last);
  std::sort(touching.begin(), touching.end());  // as they passed
  for (const uint32_t i : touching) {
    const FlowSegment& s = half_->segments[i];
    const TracedFrame& f = trace_->frames()[s.frame];
    ConstBytes bytes = TcpView(trace_->look(f), f.layout).payload();
    int64_t from = s.first_byte();
    if (from < begin_) {
      bytes = bytes.subspan(std::min<size_t>(bytes.size(), static_cast<size_t>(begin_ - from)));
      from = begin_;
    }
    if (from < stop_)
      window_.insert(from, bytes.first(std::min<size_t>(bytes.size(), static_cast<size_t>(stop_ - from))));
  }
}

ConstBytes SegmentBytes::from(int64_t at) {
  if (order_.empty() || at >= end_) return {};
  if (at < begin_ || at >= stop_ || (at + kAhead > stop_ && stop_ < end_)) load(at);
  return window_.from(at);
}

std::optional<int64_t> SegmentBytes::next(int64_t at) {
  while (!order_.empty() && at < end_) {
    if (!from(at).empty()) return at;
    const auto held = window_.extents().lower_bound(at);
    if (held != window_.extents().end()) return held->first;
    // Nothing more in the window: on with the first segment behind it.
    const auto later = std::lower_bound(order_.begin(), order_.end(), stop_,
                                        [&](uint32_t i, int64_t x) { return half_->segments[i].first_byte() < x; });
    if (later == order_.end()) return std::nullopt;
    at = half_->segments[*later].first_byte();
  }
  return std::nullopt;
}

std::vector<uint32_t> SegmentBytes::touching(int64_t from, int64_t to, size_t most) const {
  constexpr size_t kLooked = 1024;  // a storm of copies is not looked through
  auto place = std::upper_bound(order_.begin(), order_.end(), from - longest_,
                                [&](int64_t x, uint32_t i) { return x < half_->segments[i].first_byte(); });
  std::vector<uint32_t> found;
  for (size_t looked = 0; place != order_.end() && looked < kLooked; ++place, ++looked) {
    const FlowSegment& s = half_->segments[*place];
    if (s.first_byte() > std::max(from, to - 1)) break;
    if (s.first_byte() + s.length > from) found.push_back(*place);
  }
  std::sort(found.begin(), found.end());
  if (found.size() > most) found.resize(most);
  return found;
}

std::optional<int64_t> SegmentBytes::end_of_segment(int64_t at) const {
  const std::vector<uint32_t> which = touching(at, at, 1);
  if (which.empty()) return std::nullopt;
  const FlowSegment& s = half_->segments[which[0]];
  return s.first_byte() + s.length;
}

bool SegmentBytes::anywhere(int64_t at, ConstBytes bytes) const {
  constexpr size_t kMost = 64;  // segments that begin before `at`: a storm of copies is not searched
  while (!bytes.empty()) {
    auto place = std::upper_bound(order_.begin(), order_.end(), at,
                                  [&](int64_t x, uint32_t i) { return x < half_->segments[i].first_byte(); });
    size_t matched = 0;
    for (size_t looked = 0; matched == 0 && place != order_.begin() && looked < kMost; ++looked) {
      const FlowSegment& s = half_->segments[*--place];
      const ConstBytes all = payload_of(*trace_, s);
      const auto skip = static_cast<uint64_t>(at - s.first_byte());
      if (skip >= all.size()) continue;
      const ConstBytes there = all.subspan(skip);
      const size_t n = std::min(there.size(), bytes.size());
      if (std::equal(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n), there.begin())) matched = n;
    }
    if (matched == 0) return false;
    at += static_cast<int64_t>(matched);
    bytes = bytes.subspan(matched);
  }
  return true;
}

}  // namespace gauntlet
