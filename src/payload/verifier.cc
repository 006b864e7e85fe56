#include "payload/verifier.hh"

#include <algorithm>
#include <array>
#include <cstring>

namespace gauntlet {

void PayloadVerifier::take(std::span<const uint8_t> bytes) {
  std::array<uint8_t, 64 * kPayloadLine> right;
  while (!bytes.empty()) {
    const size_t part = std::min(bytes.size(), right.size());
    const size_t sent = static_cast<size_t>(std::min<uint64_t>(part, total_ - std::min(total_, received_)));
    expected_.fill(received_, std::span(right).first(sent));
    if (sent < part || std::memcmp(right.data(), bytes.data(), part) != 0) {
      for (size_t i = 0; i < part; ++i) {
        if (i < sent && right[i] == bytes[i]) continue;
        if (wrong_++ == 0) first_wrong_ = received_ + i;
      }
    }
    if (wrong_ > 0 && window_.size() < kWindow) {
      const size_t from = first_wrong_ > received_ ? static_cast<size_t>(first_wrong_ - received_) : 0;
      const auto more = bytes.subspan(from, std::min(part - from, kWindow - window_.size()));
      window_.insert(window_.end(), more.begin(), more.end());
    }
    received_ += part;
    bytes = bytes.subspan(part);
  }
}

std::optional<FirstWrong> PayloadVerifier::first_wrong() const {
  if (wrong_ == 0) return std::nullopt;
  FirstWrong wrong{first_wrong_, window_, origin_of(window_, first_wrong_)};
  if (wrong.origin && wrong.origin->stream == expected_) wrong.origin->belongs_to += expected_.preface.size();
  return wrong;
}

std::optional<PayloadOrigin> origin_of(std::span<const uint8_t> window, uint64_t offset) {
  for (size_t at = 0; at + kPayloadLine <= window.size(); ++at) {
    const auto line = read_line(window.subspan(at));
    if (!line) continue;
    const auto possible = static_cast<size_t>(std::min<uint64_t>(at, line->offset));
    const auto before = line->stream.make(line->offset - possible, possible);
    size_t back = 0;
    while (back < possible && window[at - back - 1] == before[possible - back - 1]) ++back;
    return PayloadOrigin{offset + at - back, line->stream, line->offset - back};
  }
  return std::nullopt;
}

}  // namespace gauntlet
