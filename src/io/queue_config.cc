// How a queue is bound and what the kernel says about it afterwards.
#include <fmt/core.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>

#include <cerrno>
#include <fstream>
#include <optional>

#include "io/queue_socket.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

// Asks for `bytes` by force, then by the plain option, which the kernel cuts to rmem_max or wmem_max. True when forced.
bool ask_buffer(int fd, int forced, int plain, int bytes) {
  if (::setsockopt(fd, SOL_SOCKET, forced, &bytes, sizeof bytes) == 0) return true;
  check("set a socket buffer", ::setsockopt(fd, SOL_SOCKET, plain, &bytes, sizeof bytes));
  return false;
}

int buffer_of(int fd, int option) {
  int bytes = 0;
  socklen_t size = sizeof bytes;
  check("read a socket buffer's size", ::getsockopt(fd, SOL_SOCKET, option, &bytes, &size));
  return bytes;
}

void switch_on(int fd, int option) {
  const int one = 1;
  check("set a netlink option", ::setsockopt(fd, SOL_NETLINK, option, &one, sizeof one));
}

// What the kernel counts of one queue; nullopt when nobody has bound it.
std::optional<QueueSocket::KernelDrops> read_drops(uint16_t wanted) {
  // queue_number peer_portid queue_total copy_mode copy_range queue_dropped user_dropped id_sequence 1
  std::ifstream in("/proc/thread-self/net/netfilter/nfnetlink_queue");
  unsigned number = 0, portid = 0, total = 0, mode = 0, range = 0, sequence = 0, one = 0;
  QueueSocket::KernelDrops drops;
  while (in >> number >> portid >> total >> mode >> range >> drops.queue >> drops.user >> sequence >> one) {
    if (number == wanted) return drops;
  }
  return std::nullopt;
}

[[noreturn]] void explain(uint16_t number, int error) {
  const std::string at = fmt::format("bind NFQUEUE {}", number);
  if (error == EBUSY || read_drops(number)) {  // the kernel says EPERM to the second reader
    throw EnvironmentError(at + ": another process reads this queue; stop it or choose another number");
  }
  if (error == EPERM) {
    throw EnvironmentError(at +
                           ": not permitted; needs CAP_NET_ADMIN in this network namespace (root, or inside unshare)");
  }
  if (error == EINVAL || error == ENOENT || error == EPROTONOSUPPORT) {
    throw EnvironmentError(at + ": this kernel has no NFQUEUE (module nfnetlink_queue)");
  }
  throw SystemError(at, error);
}

}  // namespace

QueueSocket::QueueSocket(const Options& options) : number_(options.number) {
  const int fd = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
  if (fd < 0 && errno == EPROTONOSUPPORT) {
    throw EnvironmentError("open a netfilter socket: this kernel has no nfnetlink (module nfnetlink)");
  }
  fd_ = Fd(check("open a netfilter socket", fd));
  sockaddr_nl local{};
  local.nl_family = AF_NETLINK;
  check("bind a netfilter socket", ::bind(fd_.get(), reinterpret_cast<sockaddr*>(&local), sizeof local));
  forced_ = ask_buffer(fd_.get(), SO_RCVBUFFORCE, SO_RCVBUF, options.receive_buffer);
  ask_buffer(fd_.get(), SO_SNDBUFFORCE, SO_SNDBUF, options.send_buffer);
  granted_ = buffer_of(fd_.get(), SO_RCVBUF);
  send_limit_ = buffer_of(fd_.get(), SO_SNDBUF) / 2;
  // Overruns would otherwise stop delivery until the buffer is empty. They are not lost sight of: the kernel counts
  // them per queue, and kernel_drops() is read at the end of every run.
  switch_on(fd_.get(), NETLINK_NO_ENOBUFS);
  switch_on(fd_.get(), NETLINK_CAP_ACK);  // a refused verdict comes back without its payload

  slots_ = std::make_unique_for_overwrite<uint8_t[]>(kBatch * kSlot);
  for (size_t i = 0; i < kBatch; ++i) {
    vectors_[i] = {slots_.get() + i * kSlot + kRoom, kDatagram};
    messages_[i].msg_hdr.msg_iov = &vectors_[i];
    messages_[i].msg_hdr.msg_iovlen = 1;
  }
  verdicts_.reserve(kBatch);
  gathered_.reserve(3 * kBatch);
  configure(options);
}

// One message binds, sets the copy mode and the length: no packet is delivered half-configured.
void QueueSocket::configure(const Options& options) {
  std::array<char, 512> buffer{};
  nlmsghdr* request = nfq_nlmsg_put(buffer.data(), NFQNL_MSG_CONFIG, options.number);
  nfq_nlmsg_cfg_put_cmd(request, AF_UNSPEC, NFQNL_CFG_CMD_BIND);
  nfq_nlmsg_cfg_put_params(request, NFQNL_COPY_PACKET, 0xffff);
  nfq_nlmsg_cfg_put_qmaxlen(request, options.max_length);
  request->nlmsg_flags |= NLM_F_ACK;
  request->nlmsg_seq = 1;
  check_size("configure the queue", ::send(fd_.get(), request, request->nlmsg_len, 0));
  for (;;) {
    const ssize_t got = check_size("read the answer of the queue", ::recv(fd_.get(), slots_.get(), kDatagram, 0));
    const auto* header = reinterpret_cast<const nlmsghdr*>(slots_.get());
    if (header->nlmsg_type == NLMSG_ERROR) {
      const int error = -static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(header))->error;
      if (error != 0) explain(options.number, error);
      return;
    }
    // A packet was quicker than the answer: refused, like any that no box looked at (never fail open).
    Queued q;
    if (parse(slots_.get(), static_cast<size_t>(got), 0, q)) drop(q);
    send_verdicts();
  }
}

QueueSocket::KernelDrops QueueSocket::kernel_drops() const {
  if (const auto drops = read_drops(number_)) return *drops;
  throw EnvironmentError(fmt::format(
      "queue {} is not in /proc/net/netfilter/nfnetlink_queue: is /proc mounted for this process?", number_));
}

}  // namespace gauntlet
