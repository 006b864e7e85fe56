#include "virtual/route/route.hh"

#include <algorithm>

#include "middleboxes/registry.hh"
#include "path/ip_edit.hh"
#include "wire/icmp.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

enum Stage { kPre, kCheck, kPost };  // of a router, in the order a packet meets them

}  // namespace

// One end as a transport. Receiving lets virtual time pass.
class VirtualRoute::End : public ProbeTransport {
 public:
  End(VirtualRoute& route, int node, uint64_t seed) : route_(route), node_(node), rng_(seed) {}
  Time now() override { return route_.now_; }
  void send(ConstBytes packet) override {
    ++route_.sent_;
    route_.leave(Packet(packet), node_, node_ == 0 ? Direction::to_server : Direction::to_client);
  }
  std::optional<Arrival> receive(Time deadline) override {
    while (inbox_.empty() && route_.step(deadline)) {
    }
    if (inbox_.empty()) {
      route_.now_ = std::max(route_.now_, deadline);
      return std::nullopt;
    }
    Arrival a = std::move(inbox_.front());
    inbox_.pop_front();
    return a;
  }
  uint16_t reserve_port(uint8_t) override { return port_++; }
  uint64_t random() override { return rng_.next(); }
  void take(ConstBytes p) { inbox_.push_back({route_.now_, {p.begin(), p.end()}}); }

 private:
  VirtualRoute& route_;
  int node_;
  Rng rng_;
  uint16_t port_ = 40001;
  std::deque<Arrival> inbox_;
};

// A router's hook: what the boxes there send goes on from the stage behind them, or straight out the way it came.
class VirtualRoute::Hook : public Emit {
 public:
  Hook(VirtualRoute& route, const BoxPlace& place, uint64_t seed)
      : route_(route), node_(place.router), stage_(place.post ? kPost : kPre), chain_(links(place.specs), seed) {}

  void packet(Packet p, Direction toward) {
    from_ = toward;
    chain_.packet(std::move(p), toward, route_.now_, *this);
  }
  std::optional<Time> next_tick() const { return chain_.next_tick(); }
  void tick() {
    from_.reset();
    chain_.tick(route_.now_, *this);
  }
  void send(Packet p, Direction toward) override {
    p.keep();
    if (from_ && *from_ != toward) return route_.leave(std::move(p), node_, toward);
    route_.router(std::move(p), node_, toward, stage_ + 1);
  }

 private:
  static std::vector<Chain::Link> links(const std::vector<std::string>& specs) {
    std::vector<Chain::Link> out;
    for (const std::string& s : specs) out.push_back(link_of(s));
    return out;
  }
  VirtualRoute& route_;
  int node_, stage_;
  Chain chain_;
  std::optional<Direction> from_;
};

IpAddress route_address(bool v6, int number) {
  const std::string n = std::to_string(number);
  return *parse_ip_address(v6 ? "2001:db8:0:" + n + "::1" : "10.0." + n + ".1");
}

VirtualRoute::VirtualRoute(RouteConfig config)
    : config_(std::move(config)),
      client_address_(route_address(config_.v6, 100)),
      server_address_(route_address(config_.v6, 200)),
      server_(std::make_unique<VirtualServer>(server_address_, config_.server_mptcp)) {
  Rng rng(config_.seed);
  config_.conduct.resize(static_cast<size_t>(config_.routers));
  for (const RouterConduct& c : config_.conduct) tokens_.push_back({c.burst, Time{}});
  for (const BoxPlace& place : config_.boxes)
    hooks_[{place.router, place.post}] = std::make_unique<Hook>(*this, place, rng.next());
  client_ = std::make_unique<End>(*this, 0, rng.next());
  agent_ = std::make_unique<End>(*this, config_.routers + 1, rng.next());
}

VirtualRoute::~VirtualRoute() = default;

ProbeTransport& VirtualRoute::client() { return *client_; }
ProbeTransport& VirtualRoute::agent() { return *agent_; }
void VirtualRoute::inject(Packet p, int node, Direction toward) { leave(std::move(p), node, toward); }

void VirtualRoute::leave(Packet p, int node, Direction toward) {
  sky_.emplace(now_ + config_.link, Flying{std::move(p), toward == Direction::to_server ? node + 1 : node - 1, toward});
}

void VirtualRoute::arrive(Flying f) {
  const Layout l = layout_of(std::as_const(f.packet).bytes());
  if (l.version == 0) return;
  if (f.node == 0) {
    const IpAddress source = ip_address(source_address(f.packet.bytes(), l));
    const bool ours = ip_address(destination_address(f.packet.bytes(), l)) == client_address_;
    if (ours && (source == server_address_ || l.proto == kProtoIcmp || l.proto == kProtoIcmp6))
      client_->take(f.packet.bytes());
  } else if (f.node == config_.routers + 1) {
    at_server(std::move(f.packet));
  } else {
    router(std::move(f.packet), f.node, f.toward, kPre);
  }
}

void VirtualRoute::at_server(Packet p) {
  const Layout l = layout_of(std::as_const(p).bytes());
  if (ip_address(destination_address(p.bytes(), l)) != server_address_) return;
  agent_->take(p.bytes());
  if (is_icmp_error(p.bytes(), l)) return;
  server_->packet(std::as_const(p).bytes(), now_,
                  [&](Packet answer) { leave(std::move(answer), config_.routers + 1, Direction::to_client); });
}

void VirtualRoute::through(Hook* hook, Packet p, int node, Direction toward, int stage) {
  if (hook != nullptr)
    hook->packet(std::move(p), toward);
  else
    router(std::move(p), node, toward, stage + 1);
}

void VirtualRoute::router(Packet p, int node, Direction toward, int stage) {
  const auto hook = [&](bool post) {
    const auto it = hooks_.find({node, post});
    return it == hooks_.end() ? nullptr : it->second.get();
  };
  switch (stage) {
    case kPre:
      return through(hook(false), std::move(p), node, toward, kPre);
    case kCheck: {
      const Layout l = layout_of(std::as_const(p).bytes());
      const uint8_t ttl = hop_limit(p.bytes(), l);
      if (ttl <= 1) return expired(p, node, toward);
      set_hop_limit(p, l, static_cast<uint8_t>(ttl - 1));
      return through(hook(true), std::move(p), node, toward, kPost);
    }
    default:
      return leave(std::move(p), node, toward);
  }
}

// RFC 792, RFC 1812 4.3.2.3 (576 bytes in all), RFC 4443 2.4 (c) (1280), never about an error (RFC 1122 3.2.2).
void VirtualRoute::expired(const Packet& p, int node, Direction toward) {
  const RouterConduct& c = config_.conduct[static_cast<size_t>(node) - 1];
  const Layout l = layout_of(p.bytes());
  if (c.silent || is_icmp_error(p.bytes(), l)) return;
  if (c.burst != 0) {
    auto& [left, since] = tokens_[static_cast<size_t>(node) - 1];
    left = std::min<double>(c.burst, left + std::chrono::duration<double>(now_ - since).count());
    since = now_;
    if (left < 1) return;
    left -= 1;
  }
  const size_t header = l.ip_header, most = config_.v6 ? 1280 - 48 : 576 - 28;
  const size_t quoted = c.quote < 0 ? most : header + static_cast<size_t>(c.quote);
  leave(
      icmp_error(route_address(config_.v6, node), p.bytes(), config_.v6 ? 3 : 11, 0, std::min(quoted, most), c.filling),
      node, opposite(toward));
}

bool VirtualRoute::step(Time until) {
  Hook* due = nullptr;
  Time at = sky_.empty() ? Time::max() : sky_.begin()->first;
  for (auto& [place, hook] : hooks_)
    if (const auto tick = hook->next_tick(); tick && *tick < at) {
      at = *tick;
      due = hook.get();
    }
  if (at == Time::max() || at > until) return false;
  now_ = std::max(now_, at);
  if (due != nullptr) {
    due->tick();
    return true;
  }
  auto first = sky_.extract(sky_.begin());
  arrive(std::move(first.mapped()));
  return true;
}

}  // namespace gauntlet
