// A TCP endpoint without I/O (RFC 9293): packets in, packets out, time a parameter.
//
// Handshake, retransmission (RFC 6298, RFC 5681, RFC 6582, RFC 6675), SACK (RFC 2018), window scale and timestamps
// (RFC 7323), delayed acknowledgements, zero-window probes, close both ways, RST, a short TIME-WAIT, the checks of
// RFC 5961. No urgent data, no Nagle, no keepalive, no TCP Fast Open (data on a SYN is left unacknowledged).
//
// What it wants to send collects in an outbox: call take_packets() after every call that takes a time. Call tick() at
// or after next_tick(). Bytes are bounded by the two buffers of TcpConfig.
#pragma once
#include <functional>
#include <utility>

#include "tcp/receiver.hh"
#include "tcp/rto.hh"
#include "tcp/segment.hh"
#include "tcp/sender.hh"

namespace gauntlet {

// What a segment about to be sent is, for those who add options to it.
struct TcpOutgoing {
  uint8_t flags = 0;
  Position at = 0;     // of its first payload byte; the stream begins at 1
  size_t size = 0;     // payload bytes
  bool again = false;  // (part of it) was sent before
};

struct TcpConfig {
  TcpPair pair;  // a listener may leave it empty: the first SYN names it
  uint32_t isn = 0;
  uint16_t mss = 0;  // to announce; 0: 1460 or, IPv6, 1440
  int wscale = 7;    // to offer, 0 to 14; -1: none
  bool sack = true, timestamps = true;
  uint32_t timestamp_offset = 0;  // of the clock in the timestamps, which counts milliseconds
  size_t send_buffer = 256 * 1024, receive_buffer = 256 * 1024;
  Duration delayed_ack{0};  // 0: every segment is acknowledged at once; RFC 9293 3.8.6.3: at most 500 ms
  Duration rto_initial = std::chrono::seconds(1), rto_least = std::chrono::milliseconds(200),
           rto_most = std::chrono::seconds(60);  // RFC 6298; its SHOULD for the least is 1 s, which nobody follows
  int syn_retries = 6, retries = 12;             // then the connection is given up
  Duration time_wait = std::chrono::seconds(1);  // short: two maximum segment lifetimes would be RFC 9293's

  // Hooks of whoever stands on top: option bytes for a segment, at most `room` (longer ones are left out), and how many
  // of `size` payload bytes at a position may share a segment. `extra_room` option bytes are kept free in data
  // segments.
  std::function<std::vector<uint8_t>(const TcpOutgoing&, size_t room)> extra_options = {};
  std::function<size_t(Position at, size_t size)> cut = {};
  size_t extra_room = 0;
};

enum class TcpState {
  closed,
  listen,
  syn_sent,
  syn_received,
  established,
  fin_wait_1,
  fin_wait_2,
  close_wait,
  closing,
  last_ack,
  time_wait
};
const char* name_of(TcpState);
enum class TcpError { none, refused, reset, timed_out, aborted };

class TcpEndpoint {
 public:
  explicit TcpEndpoint(TcpConfig config);

  void connect(Time now);
  void listen() { state_ = TcpState::listen; }
  void segment(ConstBytes packet, Time now);  // junk, other connections' and damaged packets are ignored
  void tick(Time now);
  std::optional<Time> next_tick() const;
  std::vector<Packet> take_packets() { return std::exchange(outbox_, {}); }

  size_t write(ConstBytes, Time now);  // takes what there is room for
  std::vector<uint8_t> read(Time now, size_t most = SIZE_MAX);
  void close(Time now);                          // FIN behind everything written; reading goes on
  void abort(Time now);                          // RST
  void acknowledge(Time now) { send_ack(now); }  // a pure ACK now, for the sake of its extra options

  TcpState state() const { return state_; }
  TcpError error() const { return error_; }
  const TcpPair& pair() const { return config_.pair; }
  // Nothing more to say: closed, or answering only what the peer sends again.
  bool finished() const { return state_ == TcpState::closed || state_ == TcpState::time_wait; }
  bool connected() const { return state_ >= TcpState::established; }  // until it is closed, TIME-WAIT included
  size_t readable() const { return receiver_.readable(); }
  size_t writable() const { return sender_.room(); }
  bool peer_finished() const { return receiver_.finished(); }           // FIN came; there may be bytes left to read
  bool all_acknowledged() const { return sender_.all_acknowledged(); }  // everything and the FIN
  const TcpSender& sender() const { return sender_; }
  const TcpReceiver& receiver() const { return receiver_; }
  uint32_t isn() const { return config_.isn; }
  uint32_t peer_isn() const { return peer_isn_; }

 private:
  struct Arrived;  // one segment, in positions

  // endpoint_input.cc
  void in_listen(const Arrived&, Time);
  void in_syn_sent(const Arrived&, Time);
  void in_others(const Arrived&, Time);
  bool acceptable(const Arrived&, Time);
  bool take_ack(const Arrived&, Time);
  void take_data(const Arrived&, Time);
  void after_fins(Time);
  void meet(const Arrived&);  // the peer's SYN: its options
  void establish(const Arrived&, Time);
  void challenge(Time);
  void end(TcpError);

  // endpoint_output.cc
  void output(Time);
  void send(uint8_t flags, const TcpSender::Piece&, Time);
  void send_syn(Time);
  void send_ack(Time);
  void send_reset(uint32_t seq, bool with_ack);
  uint16_t window_field();
  uint32_t clock(Time now) const;
  void arm(Time);

  TcpConfig config_;
  TcpState state_ = TcpState::closed;
  TcpError error_ = TcpError::none;
  std::vector<Packet> outbox_;
  uint16_t ip_id_ = 0;

  TcpSender sender_;
  TcpReceiver receiver_;
  bool fin_sent_ = false;
  uint32_t peer_isn_ = 0;
  bool sack_ = false, timestamps_ = false, scaling_ = false;
  int peer_scale_ = 0;
  size_t peer_mss_ = 536;
  Position window_from_seq_ = 0, window_from_ack_ = 0;  // SND.WL1, SND.WL2

  uint32_t ts_recent_ = 0;
  Position last_ack_sent_ = 0;
  Rto rto_;
  std::optional<std::pair<Position, Time>> timed_;  // without timestamps: this position was sent then, once
  int retries_ = 0, unacknowledged_segments_ = 0;
  std::optional<Time> rto_due_, ack_due_, time_wait_due_;
  bool ack_now_ = false;
  Time challenges_since_{};
  int challenges_ = 0;
};

}  // namespace gauntlet
