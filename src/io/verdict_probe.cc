#include "io/verdict_probe.hh"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <string>

#include "io/net_namespace.hh"
#include "io/netlink.hh"
#include "io/queue_socket.hh"
#include "util/error.hh"
#include "util/process.hh"
#include "wire/checksum.hh"
#include "wire/packet.hh"

namespace gauntlet {
namespace {

constexpr int kLimitMs = 500;  // for a datagram over loopback: only a lost one takes longer

void loopback_up() {
  std::array<char, 128> buffer{};
  nlmsghdr* request = mnl_nlmsg_put_header(buffer.data());
  request->nlmsg_type = RTM_NEWLINK;
  auto* message = static_cast<ifinfomsg*>(mnl_nlmsg_put_extra_header(request, sizeof(ifinfomsg)));
  message->ifi_index = 1;
  message->ifi_flags = message->ifi_change = IFF_UP;
  if (const int error = Netlink(NETLINK_ROUTE).ask(request)) throw SystemError("set lo up", error);
}

bool readable(int fd) {
  pollfd p{fd, POLLIN, 0};
  return check("poll", ::poll(&p, 1, kLimitMs)) > 0;
}

struct Trial {
  const char* name;
  const char* becomes;  // the payload "gauntlet" after the verdict; null: nothing arrives
  bool payload;         // the verdict carries it
};
constexpr Trial kTrials[] = {{"accept", "gauntlet", false},
                             {"accept with a changed payload", "GAUNTLET", true},
                             {"accept with a longer payload", "gauntlet and more", true},
                             {"accept with a shorter payload", "gaunt", true},
                             {"drop", nullptr, false}};

void become(Packet& packet, const std::string& text) {
  packet.truncate(28);  // IPv4 and UDP headers
  packet.append({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  store16(packet.data() + 2, static_cast<uint16_t>(packet.size()));
  store16(packet.data() + 24, static_cast<uint16_t>(packet.size() - 20));
  write_checksums(packet.bytes());
}

void one(const Trial& trial, QueueSocket& queue, int udp) {
  const auto fail = [&](const char* how) {
    throw EnvironmentError(fmt::format(
        "this kernel does not honour the verdict '{}': {}; gauntlet cannot alter packets here", trial.name, how));
  };
  check_size("send to loopback", ::send(udp, "gauntlet", 8, 0));
  if (!readable(queue.fd())) fail("the packet was not queued");
  const auto batch = queue.receive();
  if (batch.size() != 1 || batch[0].cut || batch[0].size != 36) fail("the packet was not queued whole");
  const Queued& q = batch[0];
  Packet packet = Packet::borrow(q.data, q.size, q.before, q.after, 0);
  if (trial.becomes == nullptr) {
    queue.drop(q);
  } else if (!trial.payload) {
    queue.accept(q);
  } else {
    become(packet, trial.becomes);
    queue.accept(q, packet.bytes());
  }
  queue.send_verdicts();
  queue.receive();  // collects refusals
  if (queue.refused() != 0) fail("refused");
  std::array<char, 64> got;
  if (trial.becomes == nullptr) {
    // Loopback delivers within the verdict's system call.
    if (::recv(udp, got.data(), got.size(), MSG_DONTWAIT) >= 0) fail("the packet arrived");
    return;
  }
  if (!readable(udp)) fail("the packet was lost");
  const long size = check_size("receive from loopback", ::recv(udp, got.data(), got.size(), 0));
  if (std::string(got.data(), static_cast<size_t>(size)) != trial.becomes) fail("other bytes arrived");
}

void probe_here() {
  loopback_up();
  const Fd udp(check("open a datagram socket", ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)));
  sockaddr_in self{};
  self.sin_family = AF_INET;
  self.sin_port = htons(9);
  self.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  check("bind to loopback", ::bind(udp.get(), reinterpret_cast<sockaddr*>(&self), sizeof self));
  check("connect to loopback", ::connect(udp.get(), reinterpret_cast<sockaddr*>(&self), sizeof self));
  Output rule;
  try {
    rule = run_tool({"iptables", "-w", "-A", "OUTPUT", "-p", "udp", "-j", "NFQUEUE", "--queue-num", "0"});
  } catch (const SystemError& e) {
    if (e.code().value() == ENOENT) throw EnvironmentError("iptables is not installed: apt-get install iptables");
    throw;
  }
  if (!rule.exit.ok()) throw EnvironmentError("iptables cannot queue packets (target NFQUEUE): " + rule.err);
  QueueSocket queue({});
  for (const Trial& trial : kTrials) one(trial, queue, udp.get());
}

}  // namespace

void probe_verdicts() { NetNamespace::fresh().run(probe_here); }

}  // namespace gauntlet
