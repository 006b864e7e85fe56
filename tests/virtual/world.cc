#include "virtual/world.hh"

#include <algorithm>

namespace gauntlet {

World::World(TcpConfig c, TcpConfig s, uint64_t seed, std::unique_ptr<Middle> middle)
    : client(std::move(c)), server(std::move(s)), rng_(seed), middle_(std::move(middle)) {
  if (!middle_) middle_ = std::make_unique<Middle>();
}

void World::start() {
  server.tcp.listen();
  client.tcp.connect(now);
  pump();
}

void World::fly(Packet p, bool to_server, bool behind, const Weather& w) {
  ++packets;
  size_t& lost = lost_[&w == &far];
  if (lost < w.lose_first) {
    ++lost;
    return;
  }
  if (rng_.chance(w.loss)) return;
  const int copies = rng_.chance(w.duplicate) ? 2 : 1;
  for (int i = 0; i < copies; ++i) {
    Duration delay = w.delay;
    if (rng_.chance(w.reorder)) delay += Duration(rng_.below(static_cast<uint64_t>(4 * w.delay.count())));
    Packet one = p.copy();
    if (w.damage > 0 && rng_.chance(w.damage)) damage(one);
    sky_.emplace(now + delay, Flying{std::move(one), to_server, behind});
  }
}

// Behind the ports: it stays a packet of this connection.
void World::damage(Packet& p) {
  const Layout l = layout_of(std::as_const(p).bytes());
  if (!l.tcp) return;
  const size_t from = l.l4 + 4u;
  p.data()[from + rng_.below(p.size() - from)] ^= static_cast<uint8_t>(1u << rng_.below(8));
}

void World::route(Packet p, bool to_server, bool sure) {
  if (sure) {
    sky_.emplace(now, Flying{p.copy(), to_server, true});
  } else {
    fly(std::move(p), to_server, true, to_server ? far : near);
  }
}

void World::apply(End& e, bool is_client) {
  TcpEndpoint& tcp = e.tcp;
  if (e.written < e.to_send.size() && tcp.connected() && tcp.writable() > 0) {
    e.written += tcp.write(ConstBytes(e.to_send).subspan(e.written), now);
  }
  if (tcp.readable() > 0 && now >= e.next_read) {
    const auto bytes = tcp.read(now, e.read_step);
    e.got.insert(e.got.end(), bytes.begin(), bytes.end());
    e.next_read = now + e.read_pause;
  }
  if (e.closes && !e.closed && tcp.connected() && e.written == e.to_send.size() &&
      (!e.closes_after_peer || (tcp.peer_finished() && tcp.readable() == 0))) {
    e.closed = true;
    tcp.close(now);
  }
  for (Packet& p : tcp.take_packets()) fly(std::move(p), is_client, false, is_client ? near : far);
}

void World::pump() {
  apply(client, true);
  apply(server, false);
}

// The next thing that happens, at `until` at the latest; false when nothing more does.
bool World::step(Time until) {
  std::optional<Time> due;
  const auto earlier = [&](std::optional<Time> t) {
    if (t && (!due || *t < *due)) due = t;
  };
  if (!sky_.empty()) earlier(sky_.begin()->first);
  earlier(client.tcp.next_tick());
  earlier(server.tcp.next_tick());
  earlier(middle_->next_tick());
  for (const End* e : {&client, &server}) {
    if (e->tcp.readable() > 0) earlier(e->next_read);
  }
  if (!due || *due > until) return false;
  now = std::max(now, *due);
  const Middle::Out out = [&](Packet p, bool to_server) { route(std::move(p), to_server, false); };
  if (const auto t = middle_->next_tick(); t && *t <= now) middle_->tick(now, out);
  if (!sky_.empty() && sky_.begin()->first <= now) {
    Flying f = std::move(sky_.begin()->second);
    sky_.erase(sky_.begin());
    if (!f.behind) {
      middle_->packet(std::move(f.packet), f.to_server, now, out);
    } else {
      if (watch) watch(f.packet, f.to_server);
      (f.to_server ? server : client).tcp.segment(std::as_const(f.packet).bytes(), now);
    }
  }
  for (End* e : {&client, &server}) {
    if (const auto t = e->tcp.next_tick(); t && *t <= now) e->tcp.tick(now);
  }
  pump();
  return true;
}

bool World::run_until(const std::function<bool()>& over, Duration limit) {
  const Time until = now + limit;
  while (!over()) {
    if (!step(until)) return over();
  }
  return true;
}

bool World::run(Duration limit) {
  const auto over = [](const End& e) { return e.tcp.state() == TcpState::closed && e.tcp.readable() == 0; };
  return run_until([&] { return over(client) && over(server); }, limit);
}

std::vector<uint8_t> stream_bytes(Rng& rng, size_t n) {
  std::vector<uint8_t> bytes(n);
  for (uint8_t& b : bytes) b = static_cast<uint8_t>(rng.next());
  return bytes;
}

TcpPair client_pair(bool ipv6, uint16_t client_port, uint16_t server_port) {
  const auto v = static_cast<uint8_t>(ipv6 ? 6 : 4);
  TcpPair p{{v, {}, client_port}, {v, {}, server_port}};
  if (ipv6) {
    p.local.bytes = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    p.remote.bytes = {0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  } else {
    p.local.bytes = {192, 0, 2, 1};
    p.remote.bytes = {198, 51, 100, 1};
  }
  return p;
}

TcpConfig random_config(Rng& rng, const TcpPair& pair) {
  static constexpr uint16_t kMss[] = {0, 536, 1400, 300, 1460};
  static constexpr size_t kBuffers[] = {4000, 20000, 65536, 300000};
  TcpConfig c;
  c.pair = pair;
  c.isn = static_cast<uint32_t>(rng.chance(0.3) ? UINT32_MAX - rng.below(4000) : rng.next());
  c.mss = kMss[rng.below(5)];
  c.wscale = rng.chance(0.3) ? -1 : static_cast<int>(rng.below(9));
  c.sack = rng.chance(0.7);
  c.timestamps = rng.chance(0.7);
  c.timestamp_offset = static_cast<uint32_t>(rng.next());
  c.receive_buffer = kBuffers[rng.below(4)];
  c.send_buffer = kBuffers[rng.below(4)];
  c.delayed_ack = rng.chance(0.5) ? Duration(0) : std::chrono::milliseconds(40);
  return c;
}

}  // namespace gauntlet
