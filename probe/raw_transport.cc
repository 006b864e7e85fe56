#include "probe/raw_transport.hh"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>

#include <algorithm>
#include <array>

#include "util/error.hh"
#include "wire/layout.hh"
#include "wire/tcp.hh"

#ifndef IPV6_MINHOPCOUNT
#define IPV6_MINHOPCOUNT 73  // linux/in6.h, which cannot stand beside netinet/in.h
#endif

namespace gauntlet {
namespace {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

SocketAddress socket_address(const IpAddress& a, uint16_t port) {
  SocketAddress out;
  if (a.version == 4) {
    auto* in = reinterpret_cast<sockaddr_in*>(&out.storage);
    in->sin_family = AF_INET;
    in->sin_port = htons(port);
    std::copy_n(a.storage.begin(), 4, reinterpret_cast<uint8_t*>(&in->sin_addr));
    out.size = sizeof *in;
  } else {
    auto* in = reinterpret_cast<sockaddr_in6*>(&out.storage);
    in->sin6_family = AF_INET6;
    in->sin6_port = htons(port);
    std::copy_n(a.storage.begin(), 16, reinterpret_cast<uint8_t*>(&in->sin6_addr));
    out.size = sizeof *in;
  }
  return out;
}

IpAddress address_in(const sockaddr_storage& s) {
  if (s.ss_family == AF_INET)
    return ip_address({reinterpret_cast<const uint8_t*>(&reinterpret_cast<const sockaddr_in*>(&s)->sin_addr), 4});
  return ip_address({reinterpret_cast<const uint8_t*>(&reinterpret_cast<const sockaddr_in6*>(&s)->sin6_addr), 16});
}

// Tells the kernel the packet's source address, so that it is routed as its sender's other packets are: a host with
// several addresses may have a way out for each.
class SourceNote {
 public:
  explicit SourceNote(ConstBytes packet) {
    const Layout l = layout_of(packet);
    if (l.version == 0) return;
    auto* head = reinterpret_cast<cmsghdr*>(data_.data());
    if (l.version == 4) {
      in_pktinfo info{};
      std::copy_n(packet.begin() + 12, 4, reinterpret_cast<uint8_t*>(&info.ipi_spec_dst));
      fill(head, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
    } else {
      in6_pktinfo info{};
      std::copy_n(packet.begin() + 8, 16, reinterpret_cast<uint8_t*>(&info.ipi6_addr));
      fill(head, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
    }
  }
  void* data() { return data_.data(); }
  size_t size() const { return size_; }

 private:
  void fill(cmsghdr* head, int level, int type, const void* info, size_t size) {
    head->cmsg_level = level;
    head->cmsg_type = type;
    head->cmsg_len = CMSG_LEN(size);
    std::copy_n(static_cast<const uint8_t*>(info), size, CMSG_DATA(head));
    size_ = CMSG_SPACE(size);
  }
  alignas(cmsghdr) std::array<uint8_t, CMSG_SPACE(sizeof(in6_pktinfo))> data_{};
  size_t size_ = 0;
};

}  // namespace

RawTransport::RawTransport(const IpAddress& source, const IpAddress& destination, Sees sees, OnFrame frame)
    : source_(source),
      destination_(destination),
      frame_(std::move(frame)),
      // IPPROTO_RAW: the header is ours. The kernel writes the IPv4 checksum (and an identification, if it were zero)
      // and no more.
      out_(open_socket("open a raw socket to send", destination.version == 4 ? AF_INET : AF_INET6, SOCK_RAW,
                       IPPROTO_RAW)),
      in_(sees == Sees::wire || frame_ ? Inlet::of_wire(destination, static_cast<bool>(frame_))
                                       : Inlet::of_host(destination)) {}

Time RawTransport::now() {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

void RawTransport::send(ConstBytes packet) {
  SocketAddress to = socket_address(destination_, 0);
  iovec bytes{const_cast<uint8_t*>(packet.data()), packet.size()};
  SourceNote note(packet);
  msghdr message{};
  message.msg_name = to.get();
  message.msg_namelen = to.size;
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  message.msg_control = note.data();
  message.msg_controllen = note.size();
  for (int patience = 0;; ++patience) {
    const long rc = ::sendmsg(out_.get(), &message, 0);
    if (rc >= 0) return;
    if ((errno == ENOBUFS || errno == EAGAIN) && patience < 100) {  // the device's queue is full: it drains by itself
      pollfd p{out_.get(), POLLOUT, 0};
      ::poll(&p, 1, 1);
      continue;
    }
    // A local refusal (EPERM from a packet filter, no route, too big) is what the network does to this probe: it is
    // silent.
    if (errno == EPERM || errno == EMSGSIZE || errno == EHOSTUNREACH || errno == ENETUNREACH || errno == EACCES ||
        errno == ECONNREFUSED)
      return;
    check_size(fmt::format("send a probe to {}", to_text(destination_)), rc);
  }
}

std::optional<Arrival> RawTransport::receive(Time deadline) {
  for (;;) {
    while (const auto came = in_.next()) {
      // How long it waited for us to read it is no part of a round trip.
      const Time at = now() - std::max(Duration::zero(), wall_clock() - came->since_epoch);
      if (frame_) frame_(came->since_epoch, at, came->packet);
      if (!came->leaving) return Arrival{at, {came->packet.begin(), came->packet.end()}};
    }
    const Time left = deadline - now();
    if (left <= Time::zero()) return std::nullopt;
    in_.wait(left);
  }
}

// A socket of our own keeps others off the port. The kernel resets what it finds no socket for, so on TCP it listens,
// and is deaf: it takes only packets that have made no hop (RFC 5082's check, TTL 255), and a filter lets not even
// those through.
uint16_t RawTransport::reserve_port(uint8_t proto) {
  if (proto != kProtoTcp && proto != kProtoUdp) return static_cast<uint16_t>(random() | 1);
  const int family = source_.version == 4 ? AF_INET : AF_INET6;
  Fd fd = open_socket("open a socket to hold a port", family, proto == kProtoTcp ? SOCK_STREAM : SOCK_DGRAM, 0);
  const int on = 1;
  if (family == AF_INET6) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  const int none = 255;
  if (family == AF_INET)
    ::setsockopt(fd.get(), IPPROTO_IP, IP_MINTTL, &none, sizeof none);
  else
    ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_MINHOPCOUNT, &none, sizeof none);
  attach_if_allowed(fd.get(), {BPF_STMT(BPF_RET | BPF_K, 0)});
  SocketAddress any = socket_address(source_, 0);
  check("hold a source port", ::bind(fd.get(), any.get(), any.size));
  if (proto == kProtoTcp) check("listen on the source port", ::listen(fd.get(), 1));
  check("read the source port", ::getsockname(fd.get(), any.get(), &any.size));
  ports_.push_back(std::move(fd));
  return ntohs(
      reinterpret_cast<sockaddr_in*>(&any.storage)->sin_port);  // the port stands at the same place in sockaddr_in6
}

uint64_t RawTransport::random() {
  uint64_t v = 0;
  check_size("read random numbers", ::getrandom(&v, sizeof v, 0));
  return v;
}

IpAddress source_towards(const IpAddress& destination) {
  Fd fd(check("open a socket", ::socket(destination.version == 4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)));
  SocketAddress to = socket_address(destination, 33434);
  check(fmt::format("find a route to {}", to_text(destination)), ::connect(fd.get(), to.get(), to.size));
  to.size = sizeof to.storage;
  check("read the source address", ::getsockname(fd.get(), to.get(), &to.size));
  return address_in(to.storage);
}

}  // namespace gauntlet
