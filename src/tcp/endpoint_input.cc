// What segments do (RFC 9293 3.10.7).
#include "tcp/arrived.hh"

namespace gauntlet {

void TcpEndpoint::meet(const Arrived& s) {
  peer_isn_ = s.tcp.seq();
  const bool v4 = config_.pair.local.version == 4;
  if (config_.mss == 0) config_.mss = v4 ? 1460 : 1440;
  peer_mss_ = std::max<size_t>(s.options.mss.value_or(v4 ? 536 : 1220), 64);
  sack_ = config_.sack && s.options.sack_ok;
  timestamps_ = config_.timestamps && s.options.timestamps;
  scaling_ = config_.wscale >= 0 && s.options.wscale;
  receiver_.limit_window(scaling_ ? Position{65535} << config_.wscale : 65535);
  peer_scale_ = scaling_ ? std::min<int>(*s.options.wscale, 14) : 0;
  if (timestamps_) ts_recent_ = s.options.timestamps->value;
  last_ack_sent_ = 1;
  rto_due_.reset();
  retries_ = 0;
}

// The peer has our SYN. The window of a SYN is never scaled (RFC 7323 2.2).
void TcpEndpoint::establish(const Arrived& s, Time now) {
  state_ = TcpState::established;
  const Position window = static_cast<Position>(s.tcp.window()) << (s.tcp.has(kSyn) ? 0 : peer_scale_);
  const size_t options = (timestamps_ ? 12 : 0) + config_.extra_room;
  const size_t mss = std::min<size_t>(peer_mss_, config_.mss);
  sender_.open(mss > options + 8 ? mss - options : 8, sack_, window);
  window_from_seq_ = s.at;
  window_from_ack_ = 1;
  if (timed_ && timed_->first == 0) rto_.sample(now - timed_->second);
  timed_.reset();
  rto_.progress();
  rto_due_.reset();
  retries_ = 0;
}

void TcpEndpoint::in_listen(const Arrived& s, Time now) {
  if (s.tcp.has(kRst)) return;
  if (s.tcp.has(kAck)) return send_reset(s.tcp.ack(), false);
  if (!s.tcp.has(kSyn)) return;
  meet(s);
  state_ = TcpState::syn_received;
  send_syn(now);
  arm(now);
}

void TcpEndpoint::in_syn_sent(const Arrived& s, Time now) {
  const bool ack = s.tcp.has(kAck), right = ack && s.tcp.ack() == config_.isn + 1;
  if (ack && !right) {
    if (!s.tcp.has(kRst)) send_reset(s.tcp.ack(), false);
    return;
  }
  if (s.tcp.has(kRst)) {
    if (ack) end(TcpError::refused);
    return;
  }
  if (!s.tcp.has(kSyn)) return;
  meet(s);
  if (right) {
    Arrived known = s;
    known.at = 0;
    establish(known, now);
    ack_now_ = true;
    return output(now);
  }
  state_ = TcpState::syn_received;  // simultaneous open
  send_syn(now);
  arm(now);
}

// RFC 5961 7: challenges are answers to what may be forged, so there are few of them.
void TcpEndpoint::challenge(Time now) {
  if (now - challenges_since_ >= std::chrono::seconds(1)) {
    challenges_since_ = now;
    challenges_ = 0;
  }
  if (challenges_++ < 10) send_ack(now);
}

// PAWS, the window, RST and SYN; false: the segment is done with.
bool TcpEndpoint::acceptable(const Arrived& s, Time now) {
  const bool rst = s.tcp.has(kRst);
  const Position next = receiver_.next(), edge = receiver_.edge();
  if (state_ == TcpState::syn_received && s.tcp.has(kSyn) && !s.tcp.has(kAck) && s.at == 0) {
    send_syn(now);  // our SYN/ACK was lost
    return false;
  }
  const bool old = timestamps_ && s.options.timestamps && !rst &&
                   static_cast<int32_t>(s.options.timestamps->value - ts_recent_) < 0;  // RFC 7323 5.3
  // A bare segment at the right edge is let in: a peer that has filled the window acknowledges from there.
  const bool inside = s.at == s.end ? s.at >= next && s.at <= edge : s.end > next && s.at < std::max(edge, next + 1);
  if (old || !inside) {
    if (rst) return false;
    s.at == s.end ? challenge(now) : send_ack(now);
    if (state_ == TcpState::time_wait && s.tcp.has(kFin)) time_wait_due_ = now + config_.time_wait;
    return false;
  }
  if (rst) {  // RFC 5961 3.2: only at the exact number, else the peer is asked
    if (s.at == next) {
      // Closed both ways: no error; the peer's TIME-WAIT may have ended while our FIN was lost (RFC 9293 3.10.7.4).
      const bool over = state_ >= TcpState::closing;
      end(over ? TcpError::none : state_ == TcpState::syn_received ? TcpError::refused : TcpError::reset);
    } else {
      challenge(now);
    }
    return false;
  }
  if (s.tcp.has(kSyn)) {
    challenge(now);  // RFC 5961 4.2
    return false;
  }
  if (!s.tcp.has(kAck)) return false;
  // RFC 7323 4.3. A segment without timestamps counts as one without, not as junk (3.2 asks to drop it): paths lose
  // them.
  // A zero-window probe is let in for its acknowledgement alone: no timestamp of refused bytes (5.3 R2).
  const bool refused = s.at != s.end && s.at >= edge;
  if (timestamps_ && s.options.timestamps && s.at <= last_ack_sent_ && !refused) {
    ts_recent_ = s.options.timestamps->value;
  }
  return true;
}

bool TcpEndpoint::take_ack(const Arrived& s, Time now) {
  if (state_ == TcpState::syn_received) {
    if (s.ack < 1 || s.ack > sender_.top()) {
      send_reset(s.tcp.ack(), false);
      return false;
    }
    establish(s, now);
  }
  // RFC 5961 5.2
  if (s.ack > sender_.top() || s.ack < sender_.una() - sender_.widest()) {
    challenge(now);
    return false;
  }
  if (s.ack < sender_.una()) return true;
  const bool newer = s.at > window_from_seq_ || (s.at == window_from_seq_ && s.ack >= window_from_ack_);
  Position window = sender_.window();
  if (newer) {
    window = static_cast<Position>(s.tcp.window()) << peer_scale_;
    window_from_seq_ = s.at;
    window_from_ack_ = s.ack;
  }
  Range sack[4];
  const size_t blocks = sack_ ? s.options.sack_count : 0;
  for (size_t i = 0; i < blocks; ++i) {
    sack[i].begin = position_of(s.options.sack[i].left, config_.isn, sender_.una());
    sack[i].end = position_of(s.options.sack[i].right, config_.isn, sender_.una());
  }
  const bool advanced = sender_.acknowledged(s.ack, window, {sack, blocks}, s.at == s.end);
  if (advanced || window == 0) retries_ = 0;
  if (!advanced) return true;
  if (timestamps_ && s.options.timestamps) {
    if (const uint32_t ago = clock(now) - s.options.timestamps->echo; ago < 1u << 30) {
      rto_.sample(std::chrono::milliseconds(ago));
    }
  } else if (timed_ && s.ack > timed_->first) {
    rto_.sample(now - timed_->second);
    timed_.reset();
  }
  rto_.progress();
  rto_due_.reset();  // armed anew by output() (RFC 6298 5.3)
  return true;
}

void TcpEndpoint::take_data(const Arrived& s, Time now) {
  if (s.at == s.end) return;
  const auto taken = receiver_.take(s.at, s.payload, s.tcp.has(kFin));
  ++unacknowledged_segments_;
  const bool at_once = config_.delayed_ack == Duration(0) || !taken.in_order || taken.filled || receiver_.has_holes() ||
                       receiver_.finished() || unacknowledged_segments_ >= 2;
  if (at_once) {
    ack_now_ = true;
  } else if (!ack_due_) {
    ack_due_ = now + config_.delayed_ack;
  }
}

// The states that depend on which FINs came and which were acknowledged.
void TcpEndpoint::after_fins(Time now) {
  const bool came = receiver_.finished(), acked = sender_.all_acknowledged();
  if (!came) {
    state_ = !fin_sent_ ? TcpState::established : acked ? TcpState::fin_wait_2 : TcpState::fin_wait_1;
  } else if (!fin_sent_) {
    state_ = TcpState::close_wait;
  } else if (state_ == TcpState::close_wait || state_ == TcpState::last_ack) {
    state_ = TcpState::last_ack;
    if (acked) end(TcpError::none);
  } else if (acked && state_ != TcpState::time_wait) {
    state_ = TcpState::time_wait;
    time_wait_due_ = now + config_.time_wait;
    rto_due_.reset();
  } else if (!acked) {
    state_ = TcpState::closing;
  }
}

void TcpEndpoint::in_others(const Arrived& s, Time now) {
  if (!acceptable(s, now) || !take_ack(s, now)) return;
  take_data(s, now);
  const bool ack_first = ack_now_;
  after_fins(now);
  if (state_ == TcpState::closed) return;
  ack_now_ = ack_first;
  output(now);
}

}  // namespace gauntlet
