#include "io/node_network.hh"

#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "io/netlink.hh"
#include "util/error.hh"

namespace gauntlet {

void write_setting(const std::string& assignment) {
  const size_t equals = assignment.find('=');
  if (equals == std::string::npos) throw UsageError("not KEY=VALUE: " + assignment);
  std::string path = assignment.substr(0, equals);
  std::replace(path.begin(), path.end(), '.', '/');
  path.insert(0, "/proc/sys/");
  const int opened = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (opened < 0 && errno == ENOENT) return;
  const Fd file(check("open " + path, opened));
  const std::string value = assignment.substr(equals + 1);
  check_size("set " + assignment, ::write(file.get(), value.data(), value.size()));
}

void set_offloads(const std::string& interface, bool checksum) {
  const Fd socket(check("open a socket", ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)));
  ifreq request{};
  if (interface.size() >= sizeof request.ifr_name) throw UsageError("no interface name: " + interface);
  std::memcpy(request.ifr_name, interface.data(), interface.size());
  const auto set = [&](uint32_t command, bool on) {
    ethtool_value value{.cmd = command, .data = on ? 1u : 0u};
    request.ifr_data = reinterpret_cast<char*>(&value);
    check("set the offloads of " + interface, ::ioctl(socket.get(), SIOCETHTOOL, &request));
  };
  for (const uint32_t command : {ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO}) set(command, false);
  set(ETHTOOL_STXCSUM, checksum);
}

std::vector<std::string> links_not_up() {
  alignas(nlmsghdr) std::array<char, 256> buffer{};
  nlmsghdr* request = mnl_nlmsg_put_header(buffer.data());
  request->nlmsg_type = RTM_GETLINK;
  request->nlmsg_flags = NLM_F_DUMP;
  mnl_nlmsg_put_extra_header(request, sizeof(ifinfomsg));
  std::vector<std::string> down;
  const int error = Netlink(NETLINK_ROUTE).ask(request, [&](const nlmsghdr* answer) {
    std::string name;
    uint8_t state = IF_OPER_UNKNOWN;
    each_attribute(answer, sizeof(ifinfomsg), [&](const nlattr* attribute) {
      if (mnl_attr_get_type(attribute) == IFLA_IFNAME) name = mnl_attr_get_str(attribute);
      if (mnl_attr_get_type(attribute) == IFLA_OPERSTATE) state = mnl_attr_get_u8(attribute);
    });
    if (state != IF_OPER_UP && name != "lo") down.push_back(name);
  });
  if (error != 0) throw SystemError("list the links", error);
  return down;
}

}  // namespace gauntlet
