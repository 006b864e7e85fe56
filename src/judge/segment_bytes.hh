// The bytes of one direction of a flow by relative number, as ByteMap has them (the first copy of a byte wins), but
// read from the capture when they are asked for: a window of some MiB is held, and four bytes for each segment with
// payload.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "judge/byte_map.hh"
#include "judge/flows.hh"

namespace gauntlet {

class SegmentBytes {
 public:
  // Runs reach this far where there are bytes, or to a hole; longer ones come in several.
  static constexpr int64_t kAhead = 1 << 20;

  SegmentBytes(const Trace& trace, const Half& half);

  bool empty() const { return order_.empty(); }
  int64_t first() const;                    // position of the first byte there is; not for an empty one
  ConstBytes from(int64_t at);              // the run from `at` on, empty where nothing is; valid until the next call
  std::optional<int64_t> next(int64_t at);  // the first position at or behind `at` that is held
  // Where the payload ends of the segment that brought the byte at `at` first.
  std::optional<int64_t> end_of_segment(int64_t at) const;
  // The first `most` segments, in order, with bytes of [from, to), or where that is empty with the byte at `from`.
  std::vector<uint32_t> touching(int64_t from, int64_t to, size_t most) const;
  // True when segments have these bytes at `at`, first copies or not. Looks at few segments and at no window.
  bool anywhere(int64_t at, ConstBytes bytes) const;

 private:
  void load(int64_t at);
  const FlowSegment& segment(size_t place) const { return half_->segments[order_[place]]; }

  const Trace* trace_;
  const Half* half_;
  std::vector<uint32_t> order_;  // segments with payload, by first byte
  int64_t longest_ = 0;          // of their payloads
  int64_t end_ = 0;              // behind the last byte of all
  ByteMap window_;               // what is held of [begin_, stop_)
  int64_t begin_ = 0, stop_ = 0;
};

}  // namespace gauntlet
