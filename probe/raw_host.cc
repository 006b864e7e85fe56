// Names and privileges of this host.
#include <linux/capability.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe/raw_transport.hh"
#include "util/error.hh"

namespace gauntlet {

std::vector<IpAddress> resolve(const std::string& host, int version) {
  addrinfo hints{};
  hints.ai_family = version == 4 ? AF_INET : version == 6 ? AF_INET6 : AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* all = nullptr;
  std::vector<IpAddress> out;
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &all) != 0) return out;
  for (const addrinfo* a = all; a != nullptr; a = a->ai_next) {
    if (a->ai_family == AF_INET)
      out.push_back(ip_address(
          {reinterpret_cast<const uint8_t*>(&reinterpret_cast<const sockaddr_in*>(a->ai_addr)->sin_addr), 4}));
    else if (a->ai_family == AF_INET6)
      out.push_back(ip_address(
          {reinterpret_cast<const uint8_t*>(&reinterpret_cast<const sockaddr_in6*>(a->ai_addr)->sin6_addr), 16}));
  }
  ::freeaddrinfo(all);
  return out;
}

void keep_net_raw_only() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct held[2]{};
  check("read capabilities", static_cast<int>(::syscall(SYS_capget, &header, held)));
  const uint32_t keep = held[0].permitted & (1u << CAP_NET_RAW);
  __user_cap_data_struct few[2]{};
  few[0].permitted = few[0].effective = keep;
  check("drop all capabilities but CAP_NET_RAW", static_cast<int>(::syscall(SYS_capset, &header, few)));
  check("forbid new privileges", ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

void drop_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2]{};
  check("drop capabilities", static_cast<int>(::syscall(SYS_capset, &header, none)));
  check("forbid new privileges", ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

}  // namespace gauntlet
