#include "path/stream_edit.hh"

#include <algorithm>

namespace gauntlet {

bool StreamEdit::add(int64_t at, size_t removed, std::vector<uint8_t> inserted) {
  const auto next =
      std::lower_bound(edits_.begin(), edits_.end(), at, [](const Edit& e, int64_t p) { return e.at < p; });
  const auto size = static_cast<int64_t>(removed);
  if (at < forgotten_) return false;
  if (next != edits_.end() && next->at < at + size) return false;
  if (next != edits_.begin() && std::prev(next)->behind() > at) return false;
  Edit e{at, size, std::move(inserted), forward(at) - at};
  const int64_t change = e.size() - e.removed;
  const auto placed = edits_.insert(next, std::move(e));
  for (auto later = placed + 1; later != edits_.end(); ++later) later->shift += change;
  ++added_;
  if (edits_.size() >= 2 * kKept) {
    const auto kept = edits_.end() - static_cast<long>(kKept);
    forgotten_ = std::prev(kept)->behind();
    edits_.erase(edits_.begin(), kept);
  }
  return true;
}

bool StreamEdit::touches(int64_t from, int64_t to) const {
  const auto e = std::partition_point(edits_.begin(), edits_.end(), [&](const Edit& x) { return x.behind() <= from; });
  return e != edits_.end() && e->at < to;
}

int64_t StreamEdit::forward(int64_t p) const {
  const auto next = std::partition_point(edits_.begin(), edits_.end(), [&](const Edit& x) { return x.at < p; });
  if (next == edits_.begin()) return p + shift_at_front();
  const Edit& e = *std::prev(next);
  if (p >= e.behind()) return p + e.shift + e.size() - e.removed;
  return e.new_at() + std::min(p - e.at, e.size());
}

int64_t StreamEdit::back(int64_t p) const {
  const auto next = std::partition_point(edits_.begin(), edits_.end(), [&](const Edit& x) { return x.new_at() <= p; });
  if (next == edits_.begin()) return p - shift_at_front();
  const Edit& e = *std::prev(next);
  const int64_t inside = p - e.new_at();
  if (inside >= e.size()) return e.behind() + inside - e.size();
  return e.at + std::min(inside, e.removed - 1);
}

int64_t StreamEdit::back_left(int64_t p) const {
  const auto next = std::partition_point(edits_.begin(), edits_.end(), [&](const Edit& x) { return x.new_at() < p; });
  if (next == edits_.begin()) return p - shift_at_front();
  const Edit& e = *std::prev(next);
  const int64_t inside = p - e.new_at();
  if (inside > e.size()) return e.behind() + inside - e.size();
  return e.at + std::min(inside, e.removed);
}

std::vector<uint8_t> StreamEdit::rewrite(int64_t from, ConstBytes old) const {
  std::vector<uint8_t> out;
  out.reserve(old.size() + 64);
  const int64_t to = from + static_cast<int64_t>(old.size());
  int64_t p = from;
  const auto copy_until = [&](int64_t end) {
    if (end > p) out.insert(out.end(), old.begin() + (p - from), old.begin() + (end - from));
    p = std::max(p, end);
  };
  // Long streams have many edits: those in front of this segment are not looked at.
  for (auto next =
           std::partition_point(edits_.begin(), edits_.end(), [&](const Edit& x) { return x.behind() <= from; });
       next != edits_.end() && next->at < to; ++next) {
    const Edit& e = *next;
    copy_until(e.at);
    const int64_t first = std::min(p - e.at, e.size());
    p = std::min(e.behind(), to);
    const int64_t last = p == e.behind() ? e.size() : std::min(p - e.at, e.size());
    out.insert(out.end(), e.inserted.begin() + first, e.inserted.begin() + last);
  }
  copy_until(to);
  return out;
}

}  // namespace gauntlet
