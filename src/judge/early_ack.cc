#include "judge/early_ack.hh"

#include <fmt/core.h>

#include <algorithm>
#include <map>

namespace gauntlet {
namespace {

// What the far side has received, without a hole, as time goes on. Canonical positions of the stream acknowledged.
class Received {
 public:
  Received(const Trace& trace, const Half& half, const StreamMap& map) : trace_(trace), half_(half), map_(map) {
    if (!half.segments.empty() && !half.segments.front().has(kSyn)) high_ = map.behind(half.segments.front().start);
  }
  // The first number it does not have once everything up to `until` has passed.
  int64_t by(Time until) {
    for (; next_ < half_.segments.size() && trace_.frames()[half_.segments[next_].frame].time <= until; ++next_) {
      const FlowSegment& s = half_.segments[next_];
      if (!s.occupies() || s.has(kRst)) continue;
      int64_t& end = beyond_.try_emplace(map_.behind(s.start), INT64_MIN).first->second;
      end = std::max(end, map_.behind(s.end()));
      for (auto it = beyond_.begin(); it != beyond_.end() && it->first <= high_; it = beyond_.erase(it))
        high_ = std::max(high_, it->second);
    }
    return high_;
  }

 private:
  const Trace& trace_;
  const Half& half_;
  const StreamMap& map_;
  size_t next_ = 0;
  int64_t high_ = 0;                   // 0: not even the SYN
  std::map<int64_t, int64_t> beyond_;  // what came behind a hole: start -> end
};

}  // namespace

void EarlyAcks::add(uint32_t segment, const Unit& unit) {
  if (unit.ack != FlowSegment::kNone && !unit.has(kRst) && candidates_.size() < kMost)
    candidates_.push_back({segment, unit.ack, unit.time});
}

void EarlyAcks::report() {
  if (candidates_.empty() || (!clock_.shared && edges_.damaged())) return;
  std::sort(candidates_.begin(), candidates_.end(),
            [](const Candidate& x, const Candidate& y) { return x.segment < y.segment; });
  const Half& far = c_.fu->half(reverse(c_.way));
  // A capture that began in the middle does not know what came before.
  const bool whole = far.segments.empty() || far.segments.front().has(kSyn);
  const Time begins = whole ? Time::min() : c_.tu->frames()[far.segments.front().frame].time;
  Received received(*c_.tu, far, *c_.acked);
  std::vector<uint32_t> early;
  int64_t had = 0, claimed = 0;
  for (const Candidate& k : candidates_) {
    if (k.time < begins || (clock_.shared && k.time > edges_.known())) continue;
    const int64_t high = received.by(clock_.shared ? k.time : Time::max());
    if (k.ack <= high) continue;
    if (early.empty()) had = high, claimed = k.ack;
    early.push_back(k.segment);
  }
  if (early.empty()) return;
  Difference r = c_.record("proxy_acked", {}, early);
  r.field = "ack";
  r.count = early.size();
  r.offset = -1;
  r.before = fmt::format("received up to {}", had);
  r.after = fmt::format("acknowledged up to {}", claimed);
  c_.out->add(std::move(r));
}

}  // namespace gauntlet
