// What the owner calls, and the timers.
#include "tcp/arrived.hh"
#include "wire/checksum.hh"

namespace gauntlet {

const char* name_of(TcpState s) {
  static constexpr const char* kNames[] = {"closed",      "listen",     "syn_sent",   "syn_received",
                                           "established", "fin_wait_1", "fin_wait_2", "close_wait",
                                           "closing",     "last_ack",   "time_wait"};
  return kNames[static_cast<size_t>(s)];
}

TcpEndpoint::TcpEndpoint(TcpConfig config)
    : config_(std::move(config)),
      sender_(config_.send_buffer),
      receiver_(config_.receive_buffer, config_.mss == 0 ? 1460 : config_.mss),
      rto_(config_.rto_initial, config_.rto_least, config_.rto_most) {}

void TcpEndpoint::connect(Time now) {
  state_ = TcpState::syn_sent;
  send_syn(now);
  arm(now);
}

size_t TcpEndpoint::write(ConstBytes bytes, Time now) {
  const size_t n = sender_.write(bytes);
  output(now);
  return n;
}

std::vector<uint8_t> TcpEndpoint::read(Time now, size_t most) {
  std::vector<uint8_t> bytes = receiver_.read(most);
  if (connected() && !receiver_.finished() && receiver_.window_grew()) send_ack(now);
  return bytes;
}

void TcpEndpoint::close(Time now) {
  if (state_ == TcpState::closed || state_ == TcpState::listen || state_ == TcpState::syn_sent)
    return end(TcpError::none);
  sender_.finish();
  output(now);
}

void TcpEndpoint::abort(Time) {
  if (state_ >= TcpState::syn_received && state_ != TcpState::time_wait) {
    send_reset(sequence_of(sender_.top(), config_.isn), true);
  }
  end(TcpError::aborted);
}

void TcpEndpoint::end(TcpError error) {
  state_ = TcpState::closed;
  error_ = error;
  rto_due_.reset();
  ack_due_.reset();
  time_wait_due_.reset();
  ack_now_ = false;
}

std::optional<Time> TcpEndpoint::next_tick() const {
  std::optional<Time> first;
  for (const auto& due : {rto_due_, ack_due_, time_wait_due_}) {
    if (due && (!first || *due < *first)) first = due;
  }
  return first;
}

void TcpEndpoint::tick(Time now) {
  if (time_wait_due_ && *time_wait_due_ <= now) return end(TcpError::none);
  if (ack_due_ && *ack_due_ <= now) send_ack(now);
  if (!rto_due_ || *rto_due_ > now) return;
  rto_due_.reset();
  const bool handshake = state_ == TcpState::syn_sent || state_ == TcpState::syn_received;
  if (retries_++ >= (handshake ? config_.syn_retries : config_.retries)) return end(TcpError::timed_out);
  rto_.back_off();
  timed_.reset();
  if (handshake) {
    send_syn(now);
    arm(now);
  } else if (sender_.window() == 0) {
    // Zero-window probe; not a sign of congestion. Acknowledgements keep the connection alive (RFC 9293 3.8.6.1).
    if (const auto piece = sender_.probe()) send(kAck | kPsh, *piece, now);
    arm(now);
  } else {
    sender_.timed_out();
    output(now);
  }
}

void TcpEndpoint::segment(ConstBytes packet, Time now) {
  const Layout layout = layout_of(packet);
  if (!layout.tcp || layout.fragment || !whole(layout, packet) || !l4_checksum_ok(packet, layout)) return;
  const TcpPair pair = receivers_pair(packet, layout);
  const TcpView tcp(packet, layout);
  if (state_ == TcpState::listen && config_.pair.local.version == 0 && (tcp.flags() & (kSyn | kAck | kRst)) == kSyn) {
    config_.pair = pair;
  }
  if (pair != config_.pair) return;
  Arrived s{packet, layout, tcp, parse_tcp_options(tcp.options()), 0, 0, 0, tcp.payload()};
  s.at = position_of(tcp.seq(), peer_isn_, receiver_.next());
  s.end = s.at + tcp.sequence_length();
  s.ack = tcp.has(kAck) ? position_of(tcp.ack(), config_.isn, sender_.una()) : 0;
  switch (state_) {
    case TcpState::closed:
      if (auto reset = reset_for(packet, layout)) outbox_.push_back(std::move(*reset));
      return;
    case TcpState::listen:
      return in_listen(s, now);
    case TcpState::syn_sent:
      return in_syn_sent(s, now);
    default:
      return in_others(s, now);
  }
}

}  // namespace gauntlet
