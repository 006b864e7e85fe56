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
  window_ = ByteMap();
  const auto by_first = [&](uint32_t i, int64_t x) { return half_->segments[i].first_byte() < x; };
  const auto first = std::lower_bound(order_.begin(), order_.end(), begin_ - longest_, by_first),
             last = std::lower_bound(first, order_.end(), stop_, by_first);
  std::vector<uint32_t> touching(first, last);
  std::sort(touching.begin(), touching.end());  // as they passed
  for (const uint32_t i : touching) {
    const FlowSegment& s = half_->segments[i];
    ConstBytes bytes = payload_of(*trace_, s);
    int64_t from = s.first_byte();
    if (from < begin_) {
      bytes = bytes.subspan(std::min<size_t>(bytes.size(), static_cast<size_t>(begin_ - from)));
      from = begin_;
    }
    trace_->passed(1);
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

}  // namespace gauntlet
