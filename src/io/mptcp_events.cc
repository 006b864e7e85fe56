#include "io/mptcp_events.hh"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/mptcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <functional>
#include <nlohmann/json.hpp>

#include "util/error.hh"

namespace gauntlet {
namespace {

struct Where {
  uint16_t family = 0;
  uint32_t group = 0;
};

template <class T>
T value_of(const nlattr* a) {
  T v{};
  std::memcpy(&v, mnl_attr_get_payload(a), std::min<size_t>(sizeof v, mnl_attr_get_payload_len(a)));
  return v;
}

void each_nested(const nlattr* in, const std::function<void(const nlattr*)>& visit) {
  const auto* at = static_cast<const char*>(mnl_attr_get_payload(in));
  const auto* end = at + mnl_attr_get_payload_len(in);
  while (at + sizeof(nlattr) <= end) {
    const auto* a = reinterpret_cast<const nlattr*>(at);
    if (a->nla_len < sizeof(nlattr) || at + a->nla_len > end) return;
    visit(a);
    at += MNL_ALIGN(a->nla_len);
  }
}

uint32_t group_of(const nlattr* groups) {
  uint32_t found = 0;
  each_nested(groups, [&](const nlattr* one) {
    std::string name;
    uint32_t id = 0;
    each_nested(one, [&](const nlattr* a) {
      if (mnl_attr_get_type(a) == CTRL_ATTR_MCAST_GRP_NAME) name = mnl_attr_get_str(a);
      if (mnl_attr_get_type(a) == CTRL_ATTR_MCAST_GRP_ID) id = value_of<uint32_t>(a);
    });
    if (name == MPTCP_PM_EV_GRP_NAME) found = id;
  });
  return found;
}

Where find_family(Netlink& socket) {
  alignas(nlmsghdr) std::array<char, 256> buffer{};
  nlmsghdr* request = mnl_nlmsg_put_header(buffer.data());
  request->nlmsg_type = GENL_ID_CTRL;
  auto* head = static_cast<genlmsghdr*>(mnl_nlmsg_put_extra_header(request, sizeof(genlmsghdr)));
  head->cmd = CTRL_CMD_GETFAMILY;
  head->version = 1;
  mnl_attr_put_strz(request, CTRL_ATTR_FAMILY_NAME, MPTCP_PM_NAME);
  Where where;
  const int error = socket.ask(request, [&](const nlmsghdr* answer) {
    each_attribute(answer, sizeof(genlmsghdr), [&](const nlattr* a) {
      if (mnl_attr_get_type(a) == CTRL_ATTR_FAMILY_ID) where.family = value_of<uint16_t>(a);
      if (mnl_attr_get_type(a) == CTRL_ATTR_MCAST_GROUPS) where.group = group_of(a);
    });
  });
  return error == 0 ? where : Where{};
}

// By the names `ip mptcp monitor` prints; a number for what is newer than this list.
std::string name_of_event(uint8_t type) {
  switch (type) {
    case 1:
      return "CREATED";
    case 2:
      return "ESTABLISHED";
    case 3:
      return "CLOSED";
    case 6:
      return "ANNOUNCED";
    case 7:
      return "REMOVED";
    case 10:
      return "SF_ESTABLISHED";
    case 11:
      return "SF_CLOSED";
    case 13:
      return "SF_PRIO";
    case 15:
      return "LISTENER_CREATED";
    case 16:
      return "LISTENER_CLOSED";
    default:
      return fmt::format("event {}", type);
  }
}

std::string address_of(const nlattr* a, int family) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const size_t need = family == AF_INET ? 4 : 16;
  if (mnl_attr_get_payload_len(a) < need) return "?";
  return ::inet_ntop(family, mnl_attr_get_payload(a), text.data(), text.size()) != nullptr ? text.data() : "?";
}

void tell(const nlattr* a, Json& out) {
  switch (mnl_attr_get_type(a)) {
    case MPTCP_ATTR_TOKEN:
      out["token"] = fmt::format("{:08x}", value_of<uint32_t>(a));
      break;
    case MPTCP_ATTR_LOC_ID:
      out["local_id"] = value_of<uint8_t>(a);
      break;
    case MPTCP_ATTR_REM_ID:
      out["remote_id"] = value_of<uint8_t>(a);
      break;
    case MPTCP_ATTR_SADDR4:
      out["source"] = address_of(a, AF_INET);
      break;
    case MPTCP_ATTR_SADDR6:
      out["source"] = address_of(a, AF_INET6);
      break;
    case MPTCP_ATTR_DADDR4:
      out["destination"] = address_of(a, AF_INET);
      break;
    case MPTCP_ATTR_DADDR6:
      out["destination"] = address_of(a, AF_INET6);
      break;
    case MPTCP_ATTR_SPORT:
      out["sport"] = ntohs(value_of<uint16_t>(a));
      break;
    case MPTCP_ATTR_DPORT:
      out["dport"] = ntohs(value_of<uint16_t>(a));
      break;
    case MPTCP_ATTR_BACKUP:
      out["backup"] = value_of<uint8_t>(a);
      break;
    case MPTCP_ATTR_ERROR:
      out["error"] = value_of<uint8_t>(a);
      break;
    case MPTCP_ATTR_RESET_REASON:
      out["reset_reason"] = value_of<uint32_t>(a);
      break;
    case MPTCP_ATTR_RESET_FLAGS:
      out["reset_flags"] = value_of<uint32_t>(a);
      break;
    default:
      break;
  }
}

}  // namespace

MptcpEvents::MptcpEvents() {
  try {
    Netlink socket(NETLINK_GENERIC);
    const Where where = find_family(socket);
    if (where.group == 0) return;  // no MPTCP, or none that tells
    const int group = static_cast<int>(where.group);
    if (::setsockopt(socket.fd(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) != 0)
      return;  // needs CAP_NET_ADMIN in this namespace
    family_ = where.family;
    socket_.emplace(std::move(socket));
  } catch (const SystemError&) {  // no netlink here: events are told as not listened to
  }
}

void MptcpEvents::collect(Json& out, int64_t now_ms) {
  if (!socket_) return;
  alignas(nlmsghdr) std::array<char, 8192> buffer;
  for (;;) {
    const ssize_t got = ::recv(socket_->fd(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == ENOBUFS) {
      out.push_back({{"event", "lost"}, {"ms", now_ms}});
      continue;
    }
    if (got <= 0) return;
    int left = static_cast<int>(got);
    const auto* message = reinterpret_cast<const nlmsghdr*>(buffer.data());
    for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
      if (message->nlmsg_type != family_ || mnl_nlmsg_get_payload_len(message) < sizeof(genlmsghdr)) continue;
      const auto* head = static_cast<const genlmsghdr*>(mnl_nlmsg_get_payload(message));
      Json event = {{"event", name_of_event(head->cmd)}, {"ms", now_ms}};
      each_attribute(message, sizeof(genlmsghdr), [&](const nlattr* a) { tell(a, event); });
      out.push_back(std::move(event));
    }
  }
}

}  // namespace gauntlet
