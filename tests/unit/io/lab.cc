#include "lab.hh"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <sstream>

#include "io/netlink.hh"
#include "util/error.hh"
#include "util/process.hh"

namespace gauntlet {
namespace {

std::vector<std::string> words_of(const std::string& first, const std::string& text) {
  std::vector<std::string> words{first};
  std::istringstream in(text);
  for (std::string w; in >> w;) words.push_back(w);
  return words;
}

std::string tool(const NetNamespace& where, const std::vector<std::string>& words) {
  const Output o = run_tool(words, std::chrono::seconds(10), where.fd());
  if (!o.exit.ok()) throw EnvironmentError(words[0] + " " + words[1] + ": " + o.err);
  return o.out;
}

// A veth pair across two namespaces, with different interface indexes: with equal ones link-watch takes a second.
void veth(const NetNamespace& here, const char* name, int index, const NetNamespace& there, const char* peer,
          int peer_index) {
  here.run([&] {
    std::array<char, 1024> buffer{};
    nlmsghdr* request = mnl_nlmsg_put_header(buffer.data());
    request->nlmsg_type = RTM_NEWLINK;
    request->nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL;
    static_cast<ifinfomsg*>(mnl_nlmsg_put_extra_header(request, sizeof(ifinfomsg)))->ifi_index = index;
    mnl_attr_put_strz(request, IFLA_IFNAME, name);
    nlattr* info = mnl_attr_nest_start(request, IFLA_LINKINFO);
    mnl_attr_put_strz(request, IFLA_INFO_KIND, "veth");
    nlattr* data = mnl_attr_nest_start(request, IFLA_INFO_DATA);
    nlattr* other = mnl_attr_nest_start(request, VETH_INFO_PEER);
    static_cast<ifinfomsg*>(mnl_nlmsg_put_extra_header(request, sizeof(ifinfomsg)))->ifi_index = peer_index;
    mnl_attr_put_strz(request, IFLA_IFNAME, peer);
    mnl_attr_put_u32(request, IFLA_NET_NS_FD, static_cast<uint32_t>(there.fd()));
    mnl_attr_nest_end(request, other);
    mnl_attr_nest_end(request, data);
    mnl_attr_nest_end(request, info);
    if (const int error = Netlink(NETLINK_ROUTE).ask(request)) throw SystemError("make a veth pair", error);
  });
}

void sysctl(const NetNamespace& where, const std::string& path, const std::string& value) {
  tool(where, {"sysctl", "-q", "-w", path + "=" + value});
}

sockaddr_storage address_of(const std::string& text, uint16_t port, socklen_t& size) {
  sockaddr_storage s{};
  auto* v4 = reinterpret_cast<sockaddr_in*>(&s);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&s);
  if (::inet_pton(AF_INET, text.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    size = sizeof *v4;
  } else {
    check("parse an address", ::inet_pton(AF_INET6, text.c_str(), &v6->sin6_addr) == 1 ? 0 : -1);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    size = sizeof *v6;
  }
  return s;
}

}  // namespace

std::string why_no_namespaces() {
  try {
    NetNamespace::fresh();
    return {};
  } catch (const EnvironmentError& e) {
    return e.what();
  }
}

void ip(const NetNamespace& where, const std::string& words) { tool(where, words_of("ip", words)); }
void iptables(const NetNamespace& where, const std::string& words) { tool(where, words_of("iptables", words)); }
std::string iptables_rules(const NetNamespace& where) { return tool(where, {"iptables", "-S"}); }

TestLab::TestLab() : client(NetNamespace::fresh()), router(NetNamespace::fresh()), server(NetNamespace::fresh()) {
  veth(client, "c0", 10, router, "r0", 20);
  veth(server, "s0", 30, router, "r1", 21);
  const auto end = [](const NetNamespace& n, const std::string& name, const std::string& v4, const std::string& v6) {
    tool(n, {"ethtool", "-K", name, "tso", "off", "gso", "off", "gro", "off", "tx", "off"});
    ip(n, "addr add " + v4 + "/24 dev " + name);
    ip(n, "addr add " + v6 + "/64 dev " + name + " nodad");
    // Neighbours are asked for from the link-local address, and not while that one is tentative: for a second or two.
    for (const std::string& who : {std::string("all"), name}) sysctl(n, "net.ipv6.conf." + who + ".accept_dad", "0");
    ip(n, "link set " + name + " up");
  };
  sysctl(router, "net.ipv4.ip_forward", "1");
  sysctl(router, "net.ipv6.conf.all.forwarding", "1");
  end(client, "c0", "192.0.2.1", "2001:db8:1::1");
  end(router, "r0", "192.0.2.2", "2001:db8:1::2");
  end(router, "r1", "198.51.100.2", "2001:db8:2::2");
  end(server, "s0", "198.51.100.1", "2001:db8:2::1");
  for (const auto& [n, v4, v6] :
       {std::tuple(&client, "192.0.2.2", "2001:db8:1::2"), std::tuple(&server, "198.51.100.2", "2001:db8:2::2")}) {
    ip(*n, std::string("route add default via ") + v4);
    ip(*n, std::string("-6 route add default via ") + v6);
  }
  // Operational state UP on every end, or the first packet is lost.
  for (const auto& [n, name] :
       {std::pair(&client, "c0"), std::pair(&router, "r0"), std::pair(&router, "r1"), std::pair(&server, "s0")}) {
    for (int i = 0;; ++i) {
      if (tool(*n, {"ip", "-o", "link", "show", name}).find("state UP") != std::string::npos) break;
      if (i == 200) throw EnvironmentError(std::string(name) + " does not come up");
      ::usleep(5000);
    }
  }
}

Udp::Udp(const NetNamespace& where, const std::string& address, uint16_t port) {
  socklen_t size;
  const sockaddr_storage s = address_of(address, port, size);
  fd_ = where.run(
      [&] { return Fd(check("open a datagram socket", ::socket(s.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0))); });
  check("bind a datagram socket", ::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&s), size));
}

void Udp::send(const std::string& text, const std::string& address, uint16_t port) const {
  socklen_t size;
  const sockaddr_storage s = address_of(address, port, size);
  check_size("send a datagram",
             ::sendto(fd_.get(), text.data(), text.size(), 0, reinterpret_cast<const sockaddr*>(&s), size));
}

std::optional<std::string> Udp::receive(int limit_ms) const {
  pollfd p{fd_.get(), POLLIN, 0};
  if (check("poll a datagram socket", ::poll(&p, 1, limit_ms)) == 0) return std::nullopt;
  std::string text(65536, '\0');
  text.resize(static_cast<size_t>(check_size("receive a datagram", ::recv(fd_.get(), text.data(), text.size(), 0))));
  return text;
}

std::vector<std::string> Udp::receive_all(int quiet_ms) const {
  std::vector<std::string> all;
  while (auto one = receive(quiet_ms)) all.push_back(std::move(*one));
  return all;
}

}  // namespace gauntlet
