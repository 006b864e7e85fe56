// One connection through a proxy: two TCP endpoints back to back, and what a
// proxy declares.
#pragma once
#include "path/middlebox.hh"
#include "tcp/endpoint.hh"

namespace gauntlet {

class Proxied {
 public:
  // From the client's SYN: `near_` is the server to the client, `far_` the
  // client to the server.
  Proxied(ConstBytes syn, const Layout& l, size_t buffer, Rng& rng);

  // Not one that only waits for what is sent again: a new connection of these ends replaces it.
  bool is_of(ConstBytes syn, const Layout& l) const {
    return pair_ == receivers_pair(syn, l) && !(near_.finished() && far_.finished());
  }
  void open(ConstBytes syn, bool late, Time now);
  void segment(ConstBytes packet, Direction toward, Time now);
  void tick(Time now) {
    near_.tick(now);
    far_.tick(now);
  }
  // Moves bytes and ends from one side to the other and sends what came of it.
  void relay(Time now, Emit& out);
  // An ICMP error about a segment that this box made for the one it goes away
  // from: in the numbers of the one it goes to, though segments are cut
  // otherwise there.
  void quote(Packet& p, const Seen& seen) const;
  bool over() const { return near_.state() == TcpState::closed && far_.state() == TcpState::closed; }
  std::optional<Time> next_tick() const {
    const auto a = near_.next_tick(), b = far_.next_tick();
    return !a ? b : !b ? a : std::min(*a, *b);
  }

 private:
  Proxied(const TcpConfig& near, const TcpConfig& far)
      : near_(near), far_(far), pair_(near.pair), ours_{near.isn, far.isn} {}
  static void pump(TcpEndpoint& from, TcpEndpoint& to, bool& finished, Time now);

  TcpEndpoint near_, far_;
  TcpPair pair_;                 // of near_
  uint32_t ours_[2];             // initial sequence numbers: of ours to the client, of ours
                                 // to the server
  uint32_t theirs_[2] = {0, 0};  // of the client, of the server
  Packet held_syn_;              // accept=late: waits for the server
  bool near_finished_ = false, far_finished_ = false;
};

}  // namespace gauntlet
