// A whole path in one process and in virtual time: routers that check TTLs and quote, boxes of the registry on their
// hooks, a server that speaks MPTCP. The prober runs on it unchanged: both ends are transports.
//
//   client -- r1 -- r2 -- ... -- rN -- server        10.0.R.1, 2001:db8:0:R::1; client R = 100, server R = 200
//
// A box stands in front of its router's TTL check (pre: shows in the quote of that router) or behind it (post: shows in
// the quote of the next one). Errors that pass a box's router pass the box, too, as forwarded packets do.
#pragma once
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "path/chain.hh"
#include "probe/transport.hh"
#include "util/rng.hh"
#include "virtual/route/server.hh"

namespace gauntlet {

inline Filling drawn_filling(Rng& rng) { return static_cast<Filling>(1 + rng.below(3)); }

// How a router answers a packet whose TTL ends there.
struct RouterConduct {
  int quote = -1;  // bytes quoted behind the IP header; -1: as many as fit (RFC 1812 4.3.2.3, RFC 4443 2.4 c)
  Filling filling = Filling::none;
  bool silent = false;  // no answer at all
  uint32_t burst = 0;   // answers at once, then one a second; 0: no limit
};

struct BoxPlace {
  int router = 1;
  bool post = true;
  std::vector<std::string> specs;  // the first is nearest the client
};

struct RouteConfig {
  int routers = 5;
  bool v6 = false;
  std::vector<RouterConduct> conduct{};  // [router - 1]; shorter: the rest are plain
  std::vector<BoxPlace> boxes{};
  bool server_mptcp = true;
  uint64_t seed = 1;
  Duration link = std::chrono::microseconds(50);
};

class VirtualRoute {
 public:
  explicit VirtualRoute(RouteConfig);
  ~VirtualRoute();

  ProbeTransport& client();
  ProbeTransport& agent();  // at the server: sees what arrives there, sends in its name
  IpAddress client_address() const { return client_address_; }
  IpAddress server_address() const { return server_address_; }
  void inject(Packet, int node, Direction toward);  // as if it left that node; 0 is the client, N + 1 the server
  uint64_t sent() const { return sent_; }

 private:
  class End;
  class Hook;
  struct Flying {
    Packet packet;
    int node;  // where it arrives
    Direction toward;
  };
  void leave(Packet, int node, Direction toward);
  void arrive(Flying);
  void router(Packet, int node, Direction toward, int stage);
  void through(Hook*, Packet, int node, Direction toward, int stage);
  void expired(const Packet&, int node, Direction toward);
  void at_server(Packet);
  bool step(Time until);  // false: nothing happens until then

  RouteConfig config_;
  IpAddress client_address_, server_address_;
  Time now_{};
  std::multimap<Time, Flying> sky_;
  std::map<std::pair<int, bool>, std::unique_ptr<Hook>> hooks_;  // by router and post
  std::vector<std::pair<double, Time>> tokens_;                  // per router: left, since
  std::unique_ptr<VirtualServer> server_;
  std::unique_ptr<End> client_, agent_;
  uint64_t sent_ = 0;
};

IpAddress route_address(bool v6, int number);

}  // namespace gauntlet
