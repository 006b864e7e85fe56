#include "tcp/receiver.hh"

namespace gauntlet {

TcpReceiver::Taken TcpReceiver::take(Position at, ConstBytes payload, bool fin) {
  Taken taken;
  const Position end = at + static_cast<Position>(payload.size());
  // A second FIN elsewhere, or one in front of what was received, is junk (RFC 9293 does not say).
  if (fin && end <= edge_ && fin_at_ < 0 && end >= data_next_ && (later_.empty() || end >= later_.all().back().end)) {
    fin_at_ = end;
  }
  const Position limit = fin_at_ >= 0 ? std::min(edge_, fin_at_) : edge_;
  const Position from = std::max(at, data_next_), to = std::min(end, limit);
  const bool holes = has_holes();
  if (from < to) {
    for (auto gap = later_.gap(from, to); gap; gap = later_.gap(gap->end, to)) {
      bytes_.put(gap->begin, payload.subspan(static_cast<size_t>(gap->begin - at), static_cast<size_t>(gap->size())));
    }
    later_.add({from, to});
    if (const Range* r = later_.at(data_next_)) {
      data_next_ = r->end;
      later_.remove_before(data_next_);
    }
    remember(from);
  }
  const Position now_next = data_next_ == fin_at_ ? data_next_ + 1 : data_next_;
  taken.in_order = now_next != next_;
  taken.filled = taken.in_order && holes;
  next_ = now_next;
  return taken;
}

// RFC 2018 4: ranges reported before are rebuilt from what is held, the latest first. Four fit at the most.
void TcpReceiver::remember(Position latest) {
  std::vector<Range> fresh;
  const auto report = [&](Position p) {
    const Range* r = later_.at(p);
    if (r != nullptr && fresh.size() < 4 && std::find(fresh.begin(), fresh.end(), *r) == fresh.end())
      fresh.push_back(*r);
  };
  report(latest);
  for (const Range& r : recent_) report(r.begin);
  recent_ = std::move(fresh);
}

std::vector<uint8_t> TcpReceiver::read(size_t most) {
  const size_t n = std::min(most, readable());
  const ConstBytes bytes = bytes_.view(bytes_.begin(), n);
  std::vector<uint8_t> out(bytes.begin(), bytes.end());
  bytes_.drop_before(bytes_.begin() + static_cast<Position>(n));
  return out;
}

Position TcpReceiver::window() const {
  const Position could = std::min(bytes_.begin() + capacity_, next_ + most_window_);
  const Position step = std::min(capacity_ / 2, mss_);
  const Position edge = could - edge_ >= step ? could : edge_;
  return std::max<Position>(0, edge - next_);
}

}  // namespace gauntlet
