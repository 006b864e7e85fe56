// The probes that only mean something inside a worker's namespaces: what an ordinary user has there differs from
// outside.
#include <arpa/inet.h>
#include <fmt/core.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "io/verdict_probe.hh"
#include "lab/capability.hh"
#include "util/error.hh"
#include "util/fd.hh"
#include "util/process.hh"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

namespace gauntlet {
namespace {

Capability mptcp() {
  const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP));
  const int error = errno;
  if (socket) {
    std::ifstream file("/proc/sys/net/mptcp/enabled");
    std::string enabled;
    file >> enabled;
    return {"mptcp", true, fmt::format("version 1, net.mptcp.enabled={} in a new namespace", enabled), "", true};
  }
  return {"mptcp", false, std::strerror(error),
          error == ENOPROTOOPT ? "sysctl net.mptcp.enabled=1" : "use a kernel of 5.6 or later with CONFIG_MPTCP", true};
}

Capability packet_socket() {
  const Fd socket(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL)));
  if (socket) return {"af_packet", true, "raw capture is possible", "", true};
  return {"af_packet", false, std::strerror(errno), "use a kernel with CONFIG_PACKET", true};
}

// Newer kernels restrict what a verdict may change: asked now, so that no packet is lost to it later.
Capability verdicts() {
  try {
    probe_verdicts();
    return {"verdicts", true, "accept, drop, and a payload of the same length, longer and shorter are honoured", "",
            true};
  } catch (const std::exception& e) {
    return {"verdicts", false, e.what(),
            "use a kernel whose NFQUEUE takes changed packets (gauntlet is tested on 6.18)", true};
  }
}

Capability nfqueue(const char* tool, const char* name) {
  const Output said = run_tool({tool, "-w", "-t", "filter", "-A", "FORWARD", "-j", "NFQUEUE", "--queue-num", "0"});
  if (said.exit.ok()) return {name, true, std::string(tool) + " -j NFQUEUE", "", true};
  return {name, false, said.err.substr(0, said.err.find('\n')),
          "use a kernel with CONFIG_NETFILTER_XT_TARGET_NFQUEUE and CONFIG_NETFILTER_NETLINK_QUEUE (modprobe "
          "nfnetlink_queue xt_NFQUEUE)",
          true};
}

// A queue of an ordinary user cannot force its buffer beyond net.core.rmem_max. A full packet is charged 2304 bytes,
// and the kernel doubles what is asked for.
Capability receive_buffer() {
  const Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 12));  // 12: NETLINK_NETFILTER
  int wanted = 12 << 20, got = 0;
  socklen_t size = sizeof got;
  const bool forced = ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUFFORCE, &wanted, sizeof wanted) == 0;
  if (!forced) ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &wanted, sizeof wanted);
  ::getsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &got, &size);
  return {"receive-buffer", got / 2304 >= 92,
          fmt::format("{} bytes{}: {} full packets fit in a queue", got, forced ? ", forced" : "", got / 2304),
          got / 2304 >= 92 ? "" : "sysctl -w net.core.rmem_max=212992 (as root), or run as root", true};
}

}  // namespace

std::vector<Capability> capabilities_inside() {
  return {mptcp(),
          nfqueue("iptables", "nfqueue"),
          nfqueue("ip6tables", "nfqueue-ipv6"),
          verdicts(),
          packet_socket(),
          receive_buffer()};
}

}  // namespace gauntlet
