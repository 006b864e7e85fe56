#include "probe/raw_transport.hh"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
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

constexpr int kReceiveBuffer = 4 << 20;  // bytes; a flood of ICMP must not push our answers out

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

Fd open_socket(const std::string& what, int family, int type, int proto) {
  const int fd = ::socket(family, type | SOCK_CLOEXEC, proto);
  if (fd < 0 && errno == EPERM)
    throw EnvironmentError(
        "raw sockets are not allowed: run as root, or once: setcap cap_net_raw+ep on the gauntlet binary");
  return Fd(check(what, fd));
}

// Kernels that are stricter than most keep even classic filters to CAP_NET_ADMIN: what it would do is then done without
// it.
void attach_if_allowed(int fd, std::vector<sock_filter> code) {
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  const int rc = ::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
  if (rc < 0 && errno != EPERM) check("attach a socket filter", rc);
}

bool from_or_icmp(ConstBytes packet, const IpAddress& destination) {
  const Layout l = layout_of(packet);
  if (l.version != destination.version) return false;
  return l.proto == kProtoIcmp || l.proto == kProtoIcmp6 || ip_address(source_address(packet, l)) == destination ||
         ip_address(destination_address(packet, l)) == destination;
}

// ICMP from anybody, anything from the destination; what leaves only for a capture.
std::vector<sock_filter> interesting(const IpAddress& destination, bool outgoing) {
  const bool v4 = destination.version == 4;
  std::vector<sock_filter> c;
  if (!outgoing) {
    c.push_back(BPF_STMT(BPF_LD | BPF_B | BPF_ABS, static_cast<uint32_t>(SKF_AD_OFF + SKF_AD_PKTTYPE)));
    c.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 1));
    c.push_back(BPF_STMT(BPF_RET | BPF_K, 0));
  }
  c.push_back(BPF_STMT(BPF_LD | BPF_H | BPF_ABS, static_cast<uint32_t>(SKF_AD_OFF + SKF_AD_PROTOCOL)));
  c.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(v4 ? ETH_P_IP : ETH_P_IPV6), 1, 0));
  c.push_back(BPF_STMT(BPF_RET | BPF_K, 0));
  c.push_back(BPF_STMT(BPF_LD | BPF_B | BPF_ABS, v4 ? 9u : 6u));
  c.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, v4 ? kProtoIcmp : kProtoIcmp6, 0, 1));
  c.push_back(BPF_STMT(BPF_RET | BPF_K, 0x40000));
  for (const bool source : {true, false}) {  // or the packet is from (to: outgoing) the destination
    if (!source && !outgoing) continue;
    const uint32_t at = v4 ? (source ? 12 : 16) : (source ? 8 : 24), words = v4 ? 1 : 4;
    for (uint32_t w = 0; w < words; ++w) {
      c.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at + 4 * w));
      c.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, load32(destination.storage.data() + 4 * w), 0,
                           static_cast<uint8_t>(2 * (words - w) - 1)));
    }
    c.push_back(BPF_STMT(BPF_RET | BPF_K, 0x40000));
  }
  c.push_back(BPF_STMT(BPF_RET | BPF_K, 0));
  return c;
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

Time clock(clockid_t id) {
  timespec t{};
  ::clock_gettime(id, &t);
  return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

// When the kernel took the packet in, since the epoch: how long it waited for us to read it is no part of a round trip.
Time arrival_time(msghdr& message) {
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec t{};
    std::copy_n(CMSG_DATA(c), sizeof t, reinterpret_cast<uint8_t*>(&t));
    return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
  }
  return clock(CLOCK_REALTIME);
}

}  // namespace

RawTransport::RawTransport(const IpAddress& source, const IpAddress& destination, OnFrame frame)
    : source_(source), destination_(destination), frame_(std::move(frame)) {
  const bool v4 = destination.version == 4;
  // IPPROTO_RAW: the header is ours. The kernel writes the IPv4 checksum (and an identification, if it were zero) and
  // no more.
  out_ = open_socket("open a raw socket to send", v4 ? AF_INET : AF_INET6, SOCK_RAW, IPPROTO_RAW);
  // A packet socket that delivers IP packets as they came in. Protocol 0 until the filter is on: nothing slips in
  // before.
  in_ = open_socket("open a packet socket to receive", AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  ::setsockopt(in_.get(), SOL_SOCKET, SO_RCVBUF, &kReceiveBuffer, sizeof kReceiveBuffer);
  const int on = 1;
  check("ask for the time of arrival", ::setsockopt(in_.get(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on));
  attach_if_allowed(in_.get(), interesting(destination, static_cast<bool>(frame_)));
  sockaddr_ll all{};
  all.sll_family = AF_PACKET;
  // What leaves is shown only to sockets for every protocol.
  all.sll_protocol = htons(frame_ ? ETH_P_ALL : v4 ? ETH_P_IP : ETH_P_IPV6);
  check("bind the packet socket", ::bind(in_.get(), reinterpret_cast<sockaddr*>(&all), sizeof all));
}

Time RawTransport::now() { return clock(CLOCK_MONOTONIC); }

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
  std::array<uint8_t, 65536> buffer;
  for (;;) {
    sockaddr_ll from{};
    alignas(cmsghdr) std::array<uint8_t, 256> notes{};
    iovec bytes{buffer.data(), buffer.size()};
    msghdr message{};
    message.msg_name = &from;
    message.msg_namelen = sizeof from;
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    message.msg_control = notes.data();
    message.msg_controllen = notes.size();
    const long n = ::recvmsg(in_.get(), &message, 0);
    if (n > 0) {
      const ConstBytes packet(buffer.data(), static_cast<size_t>(n));
      if (!from_or_icmp(packet, destination_)) continue;
      const Time came = arrival_time(message);
      const Time at = now() - std::max(Duration::zero(), clock(CLOCK_REALTIME) - came);
      if (frame_) frame_(came, at, packet);
      if (from.sll_pkttype == PACKET_OUTGOING) continue;
      return Arrival{at, {packet.begin(), packet.end()}};
    }
    if (n < 0 && errno != EAGAIN && errno != EINTR && errno != ENETDOWN) check_size("receive a packet", n);
    const Time left = deadline - now();
    if (left <= Time::zero()) return std::nullopt;
    const auto s = std::chrono::duration_cast<std::chrono::seconds>(left);
    const timespec limit{s.count(), (left - s).count()};
    pollfd p{in_.get(), POLLIN, 0};
    ::ppoll(&p, 1, &limit, nullptr);
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
