#include "tcp/sender.hh"

#include <algorithm>

namespace gauntlet {
namespace {
constexpr int kDuplicates = 3;  // DupThresh
}

void TcpSender::open(size_t mss, bool sack, Position window) {
  mss_ = static_cast<Position>(std::max<size_t>(mss, 1));
  sack_ = sack;
  cwnd_ = std::min<Position>(10 * mss_, std::max<Position>(2 * mss_, 14600));  // RFC 6928 2
  set_window(window);
}

size_t TcpSender::write(ConstBytes bytes) {
  const size_t n = std::min(bytes.size(), room());
  bytes_.append(bytes.first(n));
  return n;
}

void TcpSender::set_window(Position window) {
  window_ = window;
  widest_ = std::max(widest_, window);
}

Position TcpSender::lost_edge() const {
  Position above = 0;
  size_t ranges = 0;
  for (auto r = sacked_.all().rbegin(); r != sacked_.all().rend(); ++r) {
    above += r->size();
    if (++ranges >= static_cast<size_t>(kDuplicates) || above > (kDuplicates - 1) * mss_) return r->begin;
  }
  return una_;
}

Position TcpSender::pipe() const {
  const auto outstanding = [&](Position from, Position to) {
    return from < to ? to - from - sacked_.covered({from, to}) : 0;
  };
  if (!recovering_ || !sack_) return outstanding(una_, nxt_);
  const Position lost = std::clamp(lost_edge(), una_, nxt_);
  return outstanding(una_, std::min(resent_, lost)) + outstanding(lost, nxt_);
}

TcpSender::Piece TcpSender::piece(Position at, Position size) const {
  const Position to = std::min(at + size, bytes_.end());
  const auto payload = static_cast<size_t>(std::max<Position>(0, to - at));
  return {at, payload, at + size > bytes_.end(), at < top_, to == bytes_.end()};
}

std::optional<TcpSender::Piece> TcpSender::next(size_t most) const {
  // FIN takes one position and no payload byte.
  const Position size = std::min(static_cast<Position>(most), mss_);
  const auto fits = [&](const Range& r) {
    return std::min(r.size(), size + (finished_ && r.begin + size >= bytes_.end() ? 1 : 0));
  };
  const Position flying = pipe();
  if (recovering_ && first_again_) {
    if (const auto hole = sacked_.gap(una_, nxt_)) return piece(hole->begin, fits(*hole));
  }
  if (recovering_ && sack_) {
    const auto hole = sacked_.gap(std::max(una_, resent_), std::min(lost_edge(), nxt_));
    if (hole && flying + fits(*hole) <= cwnd_) return piece(hole->begin, fits(*hole));
  }
  const auto open = sacked_.gap(nxt_, std::min(end(), una_ + window_));
  if (!open) return std::nullopt;
  const Position n = fits(*open);
  if (flying > 0 && flying + n > cwnd_) return std::nullopt;
  // Silly window avoidance (RFC 9293 3.8.6.2.1): a segment that only the window keeps small waits while others fly.
  const bool cut = n < size && open->end == una_ + window_ && open->end < end();
  if (cut && flying > 0 && n < widest_ / 2) return std::nullopt;
  return piece(open->begin, n);
}

std::optional<TcpSender::Piece> TcpSender::probe() const {
  if (idle()) return std::nullopt;
  return piece(una_, 1);
}

void TcpSender::sent(const Piece& p) {
  const Position to = p.at + static_cast<Position>(p.size) + (p.fin ? 1 : 0);
  if (recovering_ && p.at < nxt_) {
    first_again_ = false;
    resent_ = std::max(resent_, to);
  }
  nxt_ = std::max(nxt_, to);
  top_ = std::max(top_, nxt_);
}

void TcpSender::enter_recovery() {
  recovering_ = first_again_ = true;
  recover_ = top_;
  resent_ = una_;
  slow_until_ = std::max(pipe() / 2, 2 * mss_);
  cwnd_ = sack_ ? slow_until_ : slow_until_ + kDuplicates * mss_;
}

// RFC 5681 3.1
void TcpSender::grow(Position acked) {
  cwnd_ += cwnd_ < slow_until_ ? std::min(acked, mss_) : std::max<Position>(1, mss_ * mss_ / cwnd_);
}

bool TcpSender::acknowledged(Position ack, Position window, std::span<const Range> sack, bool bare) {
  const bool same_window = window == window_, advanced = ack > una_;
  set_window(window);
  Position news = 0;
  if (sack_) {
    for (const Range& r : sack) {
      if (r.begin >= ack && r.end <= top_) news += sacked_.add(r);
    }
  }
  if (advanced) {
    const Position acked = ack - una_;
    una_ = ack;
    nxt_ = std::max(nxt_, ack);
    bytes_.drop_before(std::min(ack, bytes_.end()));
    sacked_.remove_before(ack);
    duplicates_ = 0;
    if (!recovering_) {
      grow(acked);
    } else if (ack >= recover_) {
      recovering_ = first_again_ = false;
      cwnd_ = slow_until_;
    } else if (!sack_) {  // a partial acknowledgement: the next hole (RFC 6582 3.2 step 3)
      first_again_ = true;
      cwnd_ = std::max(cwnd_ - acked, Position{0}) + mss_;
    }
  } else if (top_ > una_ && bare && same_window && (news > 0 || !sack_ || sack.empty())) {
    ++duplicates_;
    if (recovering_ && !sack_) cwnd_ += mss_;
  }
  const bool lost = duplicates_ >= kDuplicates || (sack_ && lost_edge() > una_);
  if (!recovering_ && lost && una_ >= recover_ && nxt_ > una_) enter_recovery();
  return advanced;
}

void TcpSender::timed_out() {
  // Once for what is lost, not again when its retransmission is (RFC 5681 3.1).
  if (una_ >= recover_) slow_until_ = std::max((nxt_ - una_) / 2, 2 * mss_);
  cwnd_ = mss_;
  nxt_ = una_;
  sacked_.clear();  // the receiver may have given it up (RFC 2018 8)
  recovering_ = first_again_ = false;
  duplicates_ = 0;
  recover_ = top_;  // what flew then is no ground for another fast retransmit (RFC 6582 4)
}

}  // namespace gauntlet
