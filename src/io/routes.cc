#include "io/routes.hh"

#include <libmnl/libmnl.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cerrno>
#include <string_view>

#include "util/error.hh"

namespace gauntlet {
namespace {

constexpr uint32_t group(int number) { return 1u << (number - 1); }
constexpr uint32_t kNews = group(RTNLGRP_LINK) | group(RTNLGRP_NEIGH) | group(RTNLGRP_IPV4_ROUTE) |
                           group(RTNLGRP_IPV6_ROUTE) | group(RTNLGRP_IPV4_IFADDR) | group(RTNLGRP_IPV6_IFADDR);
constexpr size_t kRemembered = 4096;  // destinations; past it all are forgotten and asked for anew

uint8_t family_of(size_t address_size) { return address_size == 4 ? AF_INET : AF_INET6; }

void copy_address(const nlattr* from, std::array<uint8_t, 16>& into) {
  std::memcpy(into.data(), mnl_attr_get_payload(from), std::min<size_t>(16, mnl_attr_get_payload_len(from)));
}

}  // namespace

size_t Routes::KeyHash::operator()(const Key& key) const {
  return std::hash<std::string_view>{}({reinterpret_cast<const char*>(key.bytes.data()), key.size});
}

Routes::Routes() : ask_(NETLINK_ROUTE), news_(NETLINK_ROUTE, kNews) {}

void Routes::refresh() {
  if (!news_.drain()) return;
  hops_.clear();
  links_.clear();
}

const NextHop& Routes::to(ConstBytes address) {
  Key key;
  key.size = static_cast<uint8_t>(address.size());
  std::memcpy(key.bytes.data(), address.data(), address.size());
  if (const auto known = hops_.find(key); known != hops_.end() && known->second.state == NextHop::State::ready) {
    return known->second;
  }
  if (hops_.size() >= kRemembered) hops_.clear();
  return hops_[key] = look_up(address);
}

NextHop Routes::look_up(ConstBytes address) {
  NextHop hop;
  auto gateway_size = static_cast<uint8_t>(address.size());
  std::memcpy(hop.gateway.data(), address.data(), address.size());
  if (!route(address, hop, gateway_size)) return hop;
  const LinkInfo* info = link(hop.interface);
  if (info == nullptr) return hop;
  hop.mtu = info->mtu;
  hop.state = info->ethernet ? neighbour(hop, gateway_size) : NextHop::State::ready;
  return hop;
}

bool Routes::route(ConstBytes address, NextHop& hop, uint8_t& gateway_size) {
  std::array<char, 256> buffer{};
  nlmsghdr* request = mnl_nlmsg_put_header(buffer.data());
  request->nlmsg_type = RTM_GETROUTE;
  auto* message = static_cast<rtmsg*>(mnl_nlmsg_put_extra_header(request, sizeof(rtmsg)));
  message->rtm_family = family_of(address.size());
  message->rtm_dst_len = static_cast<unsigned char>(8 * address.size());
  mnl_attr_put(request, RTA_DST, address.size(), address.data());
  bool unicast = false;
  const int error = ask_.ask(request, [&](const nlmsghdr* answer) {
    const auto* found = static_cast<const rtmsg*>(mnl_nlmsg_get_payload(answer));
    unicast = found->rtm_type == RTN_UNICAST;
    each_attribute(answer, sizeof(rtmsg), [&](const nlattr* attribute) {
      switch (mnl_attr_get_type(attribute)) {
        case RTA_OIF:
          hop.interface = static_cast<int>(mnl_attr_get_u32(attribute));
          break;
        case RTA_GATEWAY:
          gateway_size = static_cast<uint8_t>(mnl_attr_get_payload_len(attribute));
          copy_address(attribute, hop.gateway);
          break;
        case RTA_VIA: {  // a gateway of the other family: rtvia, then the address
          const auto* via = static_cast<const uint8_t*>(mnl_attr_get_payload(attribute));
          gateway_size = static_cast<uint8_t>(mnl_attr_get_payload_len(attribute) - 2);
          std::memcpy(hop.gateway.data(), via + 2, std::min<size_t>(16, gateway_size));
          break;
        }
        default:
          break;
      }
    });
  });
  return error == 0 && unicast && hop.interface != 0;
}

NextHop::State Routes::neighbour(NextHop& hop, uint8_t gateway_size) {
  std::array<char, 256> buffer{};
  nlmsghdr* request = mnl_nlmsg_put_header(buffer.data());
  request->nlmsg_type = RTM_GETNEIGH;
  auto* message = static_cast<ndmsg*>(mnl_nlmsg_put_extra_header(request, sizeof(ndmsg)));
  message->ndm_family = family_of(gateway_size);
  message->ndm_ifindex = hop.interface;
  mnl_attr_put(request, NDA_DST, gateway_size, hop.gateway.data());
  uint16_t state = NUD_NONE;
  bool addressed = false;
  ask_.ask(request, [&](const nlmsghdr* answer) {
    state = static_cast<const ndmsg*>(mnl_nlmsg_get_payload(answer))->ndm_state;
    each_attribute(answer, sizeof(ndmsg), [&](const nlattr* attribute) {
      if (mnl_attr_get_type(attribute) != NDA_LLADDR || mnl_attr_get_payload_len(attribute) != hop.mac.size()) return;
      std::memcpy(hop.mac.data(), mnl_attr_get_payload(attribute), hop.mac.size());
      addressed = true;
    });
  });
  constexpr uint16_t kUsable = NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_PROBE | NUD_STALE | NUD_DELAY;
  const bool usable = (state & kUsable) != 0 && addressed;
  // Not fresh: the kernel does not see that we use the entry, so it is told to.
  if (!usable || (state & NUD_STALE) != 0) solicit(hop, gateway_size);
  return usable ? NextHop::State::ready : NextHop::State::resolving;
}

void Routes::solicit(const NextHop& hop, uint8_t gateway_size) {
  std::array<char, 256> buffer{};
  nlmsghdr* request = mnl_nlmsg_put_header(buffer.data());
  request->nlmsg_type = RTM_NEWNEIGH;
  request->nlmsg_flags = NLM_F_CREATE | NLM_F_REPLACE;
  auto* message = static_cast<ndmsg*>(mnl_nlmsg_put_extra_header(request, sizeof(ndmsg)));
  message->ndm_family = family_of(gateway_size);
  message->ndm_ifindex = hop.interface;
  message->ndm_state = NUD_NONE;
  message->ndm_flags = NTF_USE;
  mnl_attr_put(request, NDA_DST, gateway_size, hop.gateway.data());
  const int error = ask_.ask(request);
  if (error != 0) throw SystemError("ask the kernel to resolve a neighbour", error);
}

const LinkInfo* Routes::link(int index) {
  if (const auto known = links_.find(index); known != links_.end()) return &known->second;
  std::array<char, 256> buffer{};
  nlmsghdr* request = mnl_nlmsg_put_header(buffer.data());
  request->nlmsg_type = RTM_GETLINK;
  auto* message = static_cast<ifinfomsg*>(mnl_nlmsg_put_extra_header(request, sizeof(ifinfomsg)));
  message->ifi_index = index;
  LinkInfo info;
  const int error = ask_.ask(request, [&](const nlmsghdr* answer) {
    info.ethernet = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(answer))->ifi_type == ARPHRD_ETHER;
    bool elsewhere = false;
    each_attribute(answer, sizeof(ifinfomsg), [&](const nlattr* attribute) {
      switch (mnl_attr_get_type(attribute)) {
        case IFLA_MTU:
          info.mtu = mnl_attr_get_u32(attribute);
          break;
        case IFLA_LINK:
          info.peer = mnl_attr_get_u32(attribute);
          break;
        case IFLA_LINK_NETNSID:
          elsewhere = true;
          break;
        case IFLA_ADDRESS:
          if (mnl_attr_get_payload_len(attribute) == info.mac.size()) {
            std::memcpy(info.mac.data(), mnl_attr_get_payload(attribute), info.mac.size());
          }
          break;
        default:
          break;
      }
    });
    if (elsewhere) info.peer = 0;
  });
  if (error != 0) return nullptr;
  return &(links_[index] = info);
}

}  // namespace gauntlet
