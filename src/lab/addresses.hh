// Who has which address in the lab. Only documentation ranges: RFC 5737 (IPv4) and RFC 3849 (IPv6).
//
//   192.0.2.0/24     2001:db8:c::/48      everything a box may call "the client": its two links and the routers'
//   outside prefixes 198.51.100.0/24  2001:db8:5::/64      the server's link 203.0.113.0/24   2001:db8:1|2::/48 links
//   between routers
//
// So one prefix per direction selects what a queue rule is for, and neighbour discovery never matches it.
#pragma once
#include <string>

namespace gauntlet {

inline constexpr unsigned kMaxRouters = 10;  // per path

// Both ends of one link; `near` is the end on the client's side. Addresses without a prefix length.
struct LinkAddresses {
  std::string near, far, prefix;  // prefix: "192.0.2.0/30"
  unsigned length = 0;
};

class Addresses {
 public:
  explicit Addresses(bool ipv6) : ipv6_(ipv6) {}

  LinkAddresses client_link(unsigned path) const;                  // path 1 or 2: client - first router
  LinkAddresses router_link(unsigned path, unsigned index) const;  // index 1..10: router `index` - the next, or core
  LinkAddresses server_link() const;
  std::string
  server_second() const;  // beside the link's prefix, in the server's: it needs a route at core // core - server

  // The unassigned prefix of router `router` (1..10) on `path`: a NAT on that router may take addresses from it.
  std::string outside(unsigned path, unsigned router) const;
  // `core` has two links to the client's side, so its outside prefix has one half per path; path 0 names the whole.
  std::string outside_of_core(unsigned path) const;

  std::string client_side() const { return ipv6_ ? "2001:db8:c::/48" : "192.0.2.0/24"; }
  std::string server_side() const { return ipv6_ ? "2001:db8:5::/64" : "198.51.100.0/24"; }

 private:
  bool ipv6_;
};

}  // namespace gauntlet
