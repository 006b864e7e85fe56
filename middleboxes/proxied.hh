// One connection through a proxy: two TCP endpoints back to back, and what a
// proxy declares.
#pragma once
#include "middleboxes/quote_shift.hh"
#include "path/middlebox.hh"
#include "tcp/endpoint.hh"
#include "wire/checksum.hh"

namespace gauntlet {

class Proxied {
 public:
  // From the client's SYN: `near_` is the server to the client, `far_` the
  // client to the server.
  Proxied(ConstBytes syn, const Layout& l, size_t buffer, Rng& rng)
      : Proxied(config(receivers_pair(syn, l), buffer, rng), config(receivers_pair(syn, l).swapped(), buffer, rng)) {
    theirs_[0] = TcpView(syn, l).seq();
  }

  // Not one that only waits for what is sent again: a new connection of these ends replaces it.
  bool is_of(ConstBytes syn, const Layout& l) const {
    return pair_ == receivers_pair(syn, l) && !(near_.finished() && far_.finished());
  }
  void open(ConstBytes syn, bool late, Time now) {
    near_.listen();
    if (late) {
      held_syn_ = Packet(syn);
    } else {
      near_.segment(syn, now);
    }
    far_.connect(now);
  }
  void segment(ConstBytes packet, Direction toward, Time now) {
    const Layout l = layout_of(packet);
    if (l.tcp && toward == Direction::to_client && TcpView(packet, l).has(kSyn) && l4_checksum_ok(packet, l))
      theirs_[1] = TcpView(packet, l).seq();
    if (toward == Direction::to_client) return far_.segment(packet, now);
    if (held_syn_.empty()) near_.segment(packet, now);  // until then it is the same SYN again
  }
  void tick(Time now) {
    near_.tick(now);
    far_.tick(now);
  }
  // Moves bytes and ends from one side to the other and sends what came of it.
  void relay(Time now, Emit& out) {
    if (!held_syn_.empty() && far_.state() != TcpState::syn_sent) {
      if (far_.state() == TcpState::closed) near_.abort(now);  // closed answers a SYN with RST
      near_.segment(std::as_const(held_syn_).bytes(), now);
      held_syn_ = {};
    }
    pump(near_, far_, far_finished_, now), pump(far_, near_, near_finished_, now);
    if (near_.error() != TcpError::none && far_.state() != TcpState::closed) far_.abort(now);
    if (far_.error() != TcpError::none && near_.state() != TcpState::closed) near_.abort(now);
    for (Packet& p : near_.take_packets()) out.send(std::move(p), Direction::to_client);
    for (Packet& p : far_.take_packets()) out.send(std::move(p), Direction::to_server);
  }
  // An ICMP error about a segment that this box made for the one it goes away
  // from: in the numbers of the one it goes to, though segments are cut
  // otherwise there.
  void quote(Packet& p, const Seen& seen) const {
    const size_t to = seen.toward == Direction::to_client ? 0 : 1;
    // Toward the client: ours_[1] are the numbers the far side sends with,
    // theirs_[1] those the server does.
    shift_quote(p, seen.layout, theirs_[to] - ours_[1 - to], ours_[to] - theirs_[1 - to]);
  }
  bool over() const { return near_.state() == TcpState::closed && far_.state() == TcpState::closed; }
  std::optional<Time> next_tick() const {
    const auto a = near_.next_tick(), b = far_.next_tick();
    return !a ? b : !b ? a : std::min(*a, *b);
  }

 private:
  Proxied(const TcpConfig& near, const TcpConfig& far)
      : near_(near), far_(far), pair_(near.pair), ours_{near.isn, far.isn} {}
  static TcpConfig config(const TcpPair& pair, size_t buffer, Rng& rng) {
    TcpConfig c;
    c.pair = pair;
    c.isn = static_cast<uint32_t>(rng.next());
    c.timestamp_offset = static_cast<uint32_t>(rng.next());
    c.send_buffer = c.receive_buffer = buffer;
    // As hosts have it: an end whose FIN was not acknowledged sends it again, ever more rarely, until somebody answers.
    c.time_wait = std::chrono::seconds(60);
    return c;
  }
  static void pump(TcpEndpoint& from, TcpEndpoint& to, bool& finished, Time now) {
    while (from.readable() > 0 && to.writable() > 0) to.write(from.read(now, to.writable()), now);
    if (from.peer_finished() && from.readable() == 0 && !finished && to.state() != TcpState::syn_sent) {
      finished = true;
      to.close(now);
    }
  }

  TcpEndpoint near_, far_;
  TcpPair pair_;                 // of near_
  uint32_t ours_[2];             // initial sequence numbers: of ours to the client, of ours
                                 // to the server
  uint32_t theirs_[2] = {0, 0};  // of the client, of the server
  Packet held_syn_;              // accept=late: waits for the server
  bool near_finished_ = false, far_finished_ = false;
};

// Both directions are other segments altogether; bytes and addresses stay.
inline std::vector<DeclaredEdit> proxy_declares() {
  std::vector<DeclaredEdit> all;
  for (const char* kind :
       {"isn_shift",     "seq_shift_from", "ack_shift",       "window_changed", "wscale_changed",   "mss_clamped",
        "flags_changed", "removed",        "added",           "value_changed",  "option_reordered", "split",
        "merged",        "resegmented",    "proxy_acked",     "injected",       "dropped",          "duplicated",
        "reordered",     "delayed",        "ip_id_rewritten", "ttl_delta",      "dscp_ecn_changed"}) {
    all.push_back({kind, "", "both"});
  }
  return all;
}

}  // namespace gauntlet
