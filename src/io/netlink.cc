#include "io/netlink.hh"

#include <libmnl/libmnl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "util/error.hh"

namespace gauntlet {

Netlink::Netlink(int protocol, uint32_t groups)
    : fd_(check("open a netlink socket", ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol))) {
  sockaddr_nl local{};
  local.nl_family = AF_NETLINK;
  local.nl_groups = groups;
  check("bind a netlink socket", ::bind(fd_.get(), reinterpret_cast<sockaddr*>(&local), sizeof local));
}

int Netlink::ask(nlmsghdr* request, const std::function<void(const nlmsghdr*)>& answer) {
  request->nlmsg_seq = ++sequence_;
  request->nlmsg_flags = static_cast<uint16_t>(request->nlmsg_flags | NLM_F_REQUEST | NLM_F_ACK);
  check_size("send a netlink request", ::send(fd_.get(), request, request->nlmsg_len, 0));
  alignas(nlmsghdr) std::array<char, 32768> buffer;
  for (;;) {
    int left =
        static_cast<int>(check_size("receive a netlink answer", ::recv(fd_.get(), buffer.data(), buffer.size(), 0)));
    const auto* message = reinterpret_cast<const nlmsghdr*>(buffer.data());
    for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
      if (message->nlmsg_seq != sequence_) continue;
      if (message->nlmsg_type == NLMSG_DONE) return 0;
      if (message->nlmsg_type == NLMSG_ERROR)
        return -static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(message))->error;
      if (answer) answer(message);
    }
  }
}

bool Netlink::drain() {
  std::array<char, 8192> buffer;
  bool any = false;
  for (;;) {
    const ssize_t got = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return any;
    if (got < 0 && errno != EINTR && errno != ENOBUFS) check_size("read netlink notifications", got);
    any = true;
  }
}

void each_attribute(const nlmsghdr* message, size_t extra, const std::function<void(const nlattr*)>& visit) {
  const auto* at = static_cast<const char*>(mnl_nlmsg_get_payload(message)) + MNL_ALIGN(extra);
  const auto* end = reinterpret_cast<const char*>(message) + message->nlmsg_len;
  while (at + sizeof(nlattr) <= end) {
    const auto* attribute = reinterpret_cast<const nlattr*>(at);
    if (attribute->nla_len < sizeof(nlattr) || at + attribute->nla_len > end) return;
    visit(attribute);
    at += MNL_ALIGN(attribute->nla_len);
  }
}

}  // namespace gauntlet
