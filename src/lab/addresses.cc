#include "lab/addresses.hh"

#include <fmt/core.h>

#include <utility>

namespace gauntlet {
namespace {

// A /30: network + 1 is the near end, network + 2 the far one.
LinkAddresses ipv4_link(const char* net, unsigned network) {
  return {fmt::format("{}.{}", net, network + 1), fmt::format("{}.{}", net, network + 2),
          fmt::format("{}.{}/30", net, network), 30};
}

LinkAddresses ipv6_link(const std::string& prefix) { return {prefix + "::1", prefix + "::2", prefix + "::/64", 64}; }

}  // namespace

LinkAddresses Addresses::client_link(unsigned path) const {
  return ipv6_ ? ipv6_link(fmt::format("2001:db8:c:{}", path)) : ipv4_link("192.0.2", (path - 1) * 32);
}

LinkAddresses Addresses::router_link(unsigned path, unsigned index) const {
  return ipv6_ ? ipv6_link(fmt::format("2001:db8:{}:{}", path, index))
               : ipv4_link("203.0.113", (path - 1) * 128 + (index - 1) * 4);
}

LinkAddresses Addresses::server_link() const {
  // The server is .1: `far` here, so the ends are swapped against the other links.
  LinkAddresses link = ipv6_ ? ipv6_link("2001:db8:5") : ipv4_link("198.51.100", 0);
  std::swap(link.near, link.far);
  return link;
}

std::string Addresses::server_second() const { return ipv6_ ? "2001:db8:5::9" : "198.51.100.9"; }

std::string Addresses::outside(unsigned path, unsigned router) const {
  if (ipv6_) return fmt::format("2001:db8:c:{:x}::/64", path * 0x100 + router);
  return fmt::format("192.0.2.{}/29", 64 + 8 * ((path - 1) * kMaxRouters + router - 1));
}

std::string Addresses::outside_of_core(unsigned path) const {
  if (ipv6_) return path == 0 ? "2001:db8:c:300::/62" : fmt::format("2001:db8:c:{:x}::/64", 0x300 + path);
  return path == 0 ? "192.0.2.224/29" : fmt::format("192.0.2.{}/30", 224 + 4 * (path - 1));
}

}  // namespace gauntlet
