#include "path/stream_edit.hh"

#include <algorithm>
#include <functional>

namespace gauntlet {

// The first edit that is not before a place. Nearly always the place is at the stream's end: looked at first.
template <class Before>
std::vector<StreamEdit::Edit>::const_iterator StreamEdit::first_not(Before before) const {
  if (edits_.empty() || before(edits_.back())) return edits_.end();
  if (edits_.size() == 1 || before(*(edits_.end() - 2))) return edits_.end() - 1;
  return std::partition_point(edits_.begin(), edits_.end(), before);
}

bool StreamEdit::add(int64_t at, size_t removed, std::vector<uint8_t> inserted) {
  return place({at, static_cast<int64_t>(removed), std::move(inserted), forward(at) - at, nullptr});
}

bool StreamEdit::flip(int64_t at, ConstBytes bits) {
  return place({at, static_cast<int64_t>(bits.size()), {}, forward(at) - at, bits.data()});
}

bool StreamEdit::place(Edit e) {
  const auto next = first_not([&](const Edit& x) { return x.at < e.at; });
  if (e.at < forgotten_) return false;
  if (next != edits_.end() && next->at < e.behind()) return false;
  if (next != edits_.begin() && std::prev(next)->behind() > e.at) return false;
  const int64_t change = e.size() - e.removed;
  const auto placed = edits_.insert(next, std::move(e));
  for (auto later = placed + 1; later != edits_.end(); ++later) later->shift += change;
  ++added_;
  if (edits_.size() >= 2 * kKept) forget(edits_.size() - kKept);
  return true;
}

// Half of them at a time, so that moving the others up costs as much as adding them did.
void StreamEdit::forget_before(int64_t at) {
  constexpr size_t kFew = 1024;
  if (edits_.size() >= kFew && edits_[edits_.size() / 2].behind() <= at) forget(edits_.size() / 2);
}

void StreamEdit::forget(size_t first) {
  const auto kept = edits_.begin() + static_cast<long>(first);
  forgotten_ = std::prev(kept)->behind();
  edits_.erase(edits_.begin(), kept);
}

bool StreamEdit::touches(int64_t from, int64_t to) const {
  const auto e = first_not([&](const Edit& x) { return x.behind() <= from; });
  return e != edits_.end() && e->at < to;
}

int64_t StreamEdit::forward(int64_t p) const {
  const auto next = first_not([&](const Edit& x) { return x.at < p; });
  if (next == edits_.begin()) return p + shift_at_front();
  const Edit& e = *std::prev(next);
  if (p >= e.behind()) return p + e.shift + e.size() - e.removed;
  return e.new_at() + std::min(p - e.at, e.size());
}

int64_t StreamEdit::back(int64_t p) const {
  const auto next = first_not([&](const Edit& x) { return x.new_at() <= p; });
  if (next == edits_.begin()) return p - shift_at_front();
  const Edit& e = *std::prev(next);
  const int64_t inside = p - e.new_at();
  if (inside >= e.size()) return e.behind() + inside - e.size();
  return e.at + std::min(inside, e.removed - 1);
}

int64_t StreamEdit::back_left(int64_t p) const {
  const auto next = first_not([&](const Edit& x) { return x.new_at() < p; });
  if (next == edits_.begin()) return p - shift_at_front();
  const Edit& e = *std::prev(next);
  const int64_t inside = p - e.new_at();
  if (inside > e.size()) return e.behind() + inside - e.size();
  return e.at + std::min(inside, e.removed);
}

void StreamEdit::rewrite(int64_t from, ConstBytes old, Piece& piece) const {
  std::vector<uint8_t>& out = piece.bytes;
  piece.offset = piece.removed = 0;
  piece.flipped = {};
  out.clear();
  const int64_t to = from + static_cast<int64_t>(old.size());
  // Long streams have many edits: those in front of this segment are not looked at.
  auto next = first_not([&](const Edit& x) { return x.behind() <= from; });
  if (next == edits_.end() || next->at >= to) return;
  int64_t p = std::max(from, next->at);
  piece.offset = static_cast<size_t>(p - from);
  if (next->flipped != nullptr && (next + 1 == edits_.end() || (next + 1)->at >= to)) {
    piece.removed = static_cast<size_t>(std::min(next->behind(), to) - p);
    piece.flipped = {next->flipped + (p - next->at), piece.removed};
    return;
  }
  const auto copy_until = [&](int64_t end) {
    out.insert(out.end(), old.begin() + (p - from), old.begin() + (end - from));
    p = end;
  };
  for (; next != edits_.end() && next->at < to; ++next) {
    const Edit& e = *next;
    if (e.at > p) copy_until(e.at);
    if (e.flipped != nullptr) {
      const uint8_t* bits = e.flipped + (p - e.at);
      const auto at = static_cast<long>(out.size());
      copy_until(std::min(e.behind(), to));
      std::transform(out.begin() + at, out.end(), bits, out.begin() + at, std::bit_xor<uint8_t>());
      continue;
    }
    const int64_t first = std::min(p - e.at, e.size());
    p = std::min(e.behind(), to);
    const int64_t last = p == e.behind() ? e.size() : std::min(p - e.at, e.size());
    out.insert(out.end(), e.inserted.begin() + first, e.inserted.begin() + last);
  }
  piece.removed = static_cast<size_t>(p - from) - piece.offset;
}

}  // namespace gauntlet
