// One connection of a SYN proxy: the handshake with the client, the handshake
// with the server, and from then on what differs between the two: the server's
// sequence numbers, its timestamps, and window scales.
#pragma once
#include "path/middlebox.hh"
#include "tcp/segment.hh"

namespace gauntlet {

class SynOpening {
 public:
  SynOpening(ConstBytes syn, const Layout& l, uint32_t isn, uint16_t mss, uint8_t wscale);

  // The server's part of the first handshake. Window 0: the client waits until
  // there is a server.
  void answer(Emit& out) const;

  void from_client(Packet p, const Seen& seen, Emit& out);
  void from_server(Packet p, const Seen& seen, Emit& out);

  // An ICMP error about a segment of this connection, which went the other way.
  void quote(Packet& p, const Seen& seen) const;

  std::optional<Time> next_tick() const { return due_; }
  void tick(Time now, Emit& out) { tries_ < 6 ? open(now, out) : refuse(out); }
  bool open() const { return phase_ == Phase::open; }
  bool over() const { return phase_ == Phase::gone; }

 private:
  enum class Phase { answered, opening, open, gone };
  static constexpr uint32_t kClock = 1'000'000;  // the timestamp of our SYN/ACK; the server's are moved to go
                                                 // on from it

  uint32_t shift() const { return isn_ - server_isn_; }
  bool both_have_timestamps() const { return offered_.timestamps && agreed_.timestamps; }

  void open(Time now, Emit& out);
  void finish_server(Emit& out) const;
  void finish(uint16_t server_window, Emit& out) const;
  void refuse(Emit& out);

  void move_timestamp(TcpEdit& edit, size_t at, uint32_t by) const;
  void translate_to_client(Packet& p, Layout l) const;
  void translate_to_server(Packet& p, Layout l) const;

  TcpPair to_client_;
  uint32_t isn_, client_isn_ = 0, server_isn_ = 0;
  uint16_t mss_;
  uint8_t wscale_;
  TcpOptions offered_, agreed_;  // by the client, by the server
  uint32_t window_ = 0;          // the client's, in bytes
  Phase phase_ = Phase::answered;
  std::optional<Time> due_;
  int tries_ = 0;
};

}  // namespace gauntlet
