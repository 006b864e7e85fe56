// What is sent, and when the timer runs.
#include "tcp/endpoint.hh"

namespace gauntlet {

uint32_t TcpEndpoint::clock(Time now) const {
  return config_.timestamp_offset +
         static_cast<uint32_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

// The window as a header can say it; what that promises is what the receiver must keep.
uint16_t TcpEndpoint::window_field() {
  const int scale = scaling_ && state_ != TcpState::syn_received && state_ != TcpState::syn_sent ? config_.wscale : 0;
  const Position field = std::min<Position>(receiver_.window() >> scale, 65535);
  receiver_.advertised(field << scale);
  return static_cast<uint16_t>(field);
}

void TcpEndpoint::send(uint8_t flags, const TcpSender::Piece& wanted, Time now) {
  TcpSender::Piece piece = wanted;
  const bool syn = (flags & kSyn) != 0, open = state_ != TcpState::syn_sent;
  TcpOptions options;
  if (syn) {
    if (config_.mss == 0) config_.mss = config_.pair.local.version == 4 ? 1460 : 1440;
    options.mss = config_.mss;
    if (open ? scaling_ : config_.wscale >= 0) options.wscale = static_cast<uint8_t>(config_.wscale);
    options.sack_ok = open ? sack_ : config_.sack;
  } else if (sack_) {
    for (const Range& r : receiver_.sack()) {
      options.sack[options.sack_count++] = {sequence_of(r.begin, peer_isn_), sequence_of(r.end, peer_isn_)};
    }
  }
  if (open ? timestamps_ : config_.timestamps) options.timestamps = {clock(now), open ? ts_recent_ : 0};
  if (piece.size > 0 && config_.cut) {
    const size_t size = std::clamp<size_t>(config_.cut(piece.at, piece.size), 1, piece.size);
    if (size < piece.size) piece.fin = piece.last = false;
    piece.size = size;
  }
  if (piece.fin) flags |= kFin;
  std::vector<uint8_t> extra;
  if (config_.extra_options) {
    const size_t room = 40 - encode_tcp_options({.mss = options.mss,
                                                 .wscale = options.wscale,
                                                 .sack_ok = options.sack_ok,
                                                 .timestamps = options.timestamps})
                                 .size();
    extra = config_.extra_options({flags, piece.at, piece.size, piece.again}, room);
  }
  if (piece.size > 0) {  // SACK blocks beside data only as far as the MSS has room for them (RFC 6691)
    const size_t room = std::min<size_t>(peer_mss_, config_.mss);
    while (options.sack_count > 0 && encode_tcp_options(options, extra).size() + piece.size > room)
      --options.sack_count;
  }
  const std::vector<uint8_t> block = encode_tcp_options(options, extra);
  const Position at = syn ? 0 : piece.at;
  const uint32_t ack = flags & kAck ? sequence_of(receiver_.next(), peer_isn_) : 0;
  outbox_.push_back(make_segment(config_.pair, {sequence_of(at, config_.isn), ack, flags, window_field()}, block,
                                 sender_.payload(piece), ip_id_++));
  if (flags & kAck) {
    last_ack_sent_ = receiver_.next();
    ack_due_.reset();
    ack_now_ = false;
    unacknowledged_segments_ = 0;
  }
  if (piece.size == 0 && !piece.fin) return;
  sender_.sent(piece);
  fin_sent_ |= piece.fin;
  if (piece.again) {
    timed_.reset();
  } else if (!timed_) {
    timed_ = {piece.at, now};
  }
}

void TcpEndpoint::send_syn(Time now) {
  if (retries_ == 0) timed_ = {0, now};
  send(state_ == TcpState::syn_sent ? kSyn : kSyn | kAck, {}, now);
}

void TcpEndpoint::send_ack(Time now) { send(kAck, {.at = sender_.top()}, now); }

void TcpEndpoint::send_reset(uint32_t seq, bool with_ack) {
  const uint8_t flags = with_ack ? kRst | kAck : kRst;
  const uint32_t ack = with_ack ? sequence_of(receiver_.next(), peer_isn_) : 0;
  std::vector<uint8_t> extra;
  if (config_.extra_options) extra = config_.extra_options({flags, 0, 0, false}, 40);
  outbox_.push_back(make_segment(config_.pair, {seq, ack, flags, 0}, encode_tcp_options({}, extra), {}, ip_id_++));
}

void TcpEndpoint::output(Time now) {
  if (state_ < TcpState::established) return;
  const bool was_open = state_ == TcpState::established || state_ == TcpState::close_wait;
  const size_t mss = std::min<size_t>(peer_mss_, config_.mss), options = (timestamps_ ? 12 : 0) + config_.extra_room;
  const size_t most = mss > options + 8 ? mss - options : 8;
  while (const auto piece = sender_.next(most)) {
    send(static_cast<uint8_t>(kAck | (piece->size > 0 && piece->last ? kPsh : 0)), *piece, now);
  }
  if (was_open && fin_sent_) state_ = state_ == TcpState::established ? TcpState::fin_wait_1 : TcpState::last_ack;
  if (ack_now_) send_ack(now);
  arm(now);
}

// The one timer for retransmissions, zero-window probes and the handshake: runs while something is unacknowledged, or
// waits for nothing but the peer's window.
void TcpEndpoint::arm(Time now) {
  const bool handshake = state_ == TcpState::syn_sent || state_ == TcpState::syn_received;
  if (!handshake && (state_ < TcpState::established || sender_.idle() || state_ == TcpState::time_wait)) {
    rto_due_.reset();
  } else if (!rto_due_) {
    rto_due_ = now + rto_.value();
  }
}

}  // namespace gauntlet
