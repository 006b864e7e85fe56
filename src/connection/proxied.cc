#include "connection/proxied.hh"

#include "connection/quote_shift.hh"
#include "wire/checksum.hh"

namespace gauntlet {
namespace {

TcpConfig config(const TcpPair& pair, size_t buffer, Rng& rng) {
  TcpConfig c;
  c.pair = pair;
  c.isn = static_cast<uint32_t>(rng.next());
  c.timestamp_offset = static_cast<uint32_t>(rng.next());
  c.send_buffer = c.receive_buffer = buffer;
  // As hosts have it: an end whose FIN was not acknowledged sends it again, ever more rarely, until somebody answers.
  c.time_wait = std::chrono::seconds(60);
  return c;
}

}  // namespace

Proxied::Proxied(ConstBytes syn, const Layout& l, size_t buffer, Rng& rng)
    : Proxied(config(receivers_pair(syn, l), buffer, rng), config(receivers_pair(syn, l).swapped(), buffer, rng)) {
  theirs_[0] = TcpView(syn, l).seq();
}

void Proxied::open(ConstBytes syn, bool late, Time now) {
  near_.listen();
  if (late) {
    held_syn_ = Packet(syn);
  } else {
    near_.segment(syn, now);
  }
  far_.connect(now);
}

void Proxied::segment(ConstBytes packet, Direction toward, Time now) {
  const Layout l = layout_of(packet);
  if (l.tcp && toward == Direction::to_client && TcpView(packet, l).has(kSyn) && l4_checksum_ok(packet, l))
    theirs_[1] = TcpView(packet, l).seq();
  if (toward == Direction::to_client) return far_.segment(packet, now);
  if (held_syn_.empty()) near_.segment(packet, now);  // until then it is the same SYN again
}

void Proxied::relay(Time now, Emit& out) {
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

void Proxied::quote(Packet& p, const Seen& seen) const {
  const size_t to = seen.toward == Direction::to_client ? 0 : 1;
  // Toward the client: ours_[1] are the numbers the far side sends with,
  // theirs_[1] those the server does.
  shift_quote(p, seen.layout, theirs_[to] - ours_[1 - to], ours_[to] - theirs_[1 - to]);
}

void Proxied::pump(TcpEndpoint& from, TcpEndpoint& to, bool& finished, Time now) {
  while (from.readable() > 0 && to.writable() > 0) to.write(from.read(now, to.writable()), now);
  if (from.peer_finished() && from.readable() == 0 && !finished && to.state() != TcpState::syn_sent) {
    finished = true;
    to.close(now);
  }
}

}  // namespace gauntlet
