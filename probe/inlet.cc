#include "probe/inlet.hh"

#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#include <algorithm>
#include <array>

#include "util/error.hh"
#include "wire/layout.hh"
#include "wire/tcp.hh"

#ifndef IPV6_FLOWINFO
#define IPV6_FLOWINFO 11  // linux/in6.h, which cannot stand beside netinet/in.h
#endif

namespace gauntlet {
namespace {

constexpr int kReceiveBuffer = 4 << 20;  // bytes; a flood of ICMP must not push our answers out
constexpr size_t kHeader6 = 40;

bool from_or_icmp(ConstBytes packet, const IpAddress& peer, bool icmp, bool other) {
  const Layout l = layout_of(packet);
  if (l.version != peer.version) return false;
  if (l.proto == kProtoIcmp || l.proto == kProtoIcmp6) return icmp;
  return other && (ip_address(source_address(packet, l)) == peer || ip_address(destination_address(packet, l)) == peer);
}

// ICMP from anybody, anything other from the peer; what leaves only for a capture. Offsets are from the network header:
// the sockets differ in where their data begin.
std::vector<sock_filter> interesting(const IpAddress& peer, bool leaving, bool icmp = true, bool other = true) {
  const bool v4 = peer.version == 4;
  const auto header = [](uint32_t at) { return static_cast<uint32_t>(SKF_NET_OFF) + at; };
  std::vector<sock_filter> c;
  if (!leaving) {
    c.push_back(BPF_STMT(BPF_LD | BPF_B | BPF_ABS, static_cast<uint32_t>(SKF_AD_OFF + SKF_AD_PKTTYPE)));
    c.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 1));
    c.push_back(BPF_STMT(BPF_RET | BPF_K, 0));
  }
  c.push_back(BPF_STMT(BPF_LD | BPF_H | BPF_ABS, static_cast<uint32_t>(SKF_AD_OFF + SKF_AD_PROTOCOL)));
  c.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(v4 ? ETH_P_IP : ETH_P_IPV6), 1, 0));
  c.push_back(BPF_STMT(BPF_RET | BPF_K, 0));
  c.push_back(BPF_STMT(BPF_LD | BPF_B | BPF_ABS, header(v4 ? 9 : 6)));
  c.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, v4 ? kProtoIcmp : kProtoIcmp6, 0, 1));
  c.push_back(BPF_STMT(BPF_RET | BPF_K, icmp ? 0x40000u : 0u));
  for (const bool source : {true, false}) {  // or the packet is from (to: leaving) the peer
    if (!other || (!source && !leaving)) continue;
    const uint32_t at = v4 ? (source ? 12 : 16) : (source ? 8 : 24), words = v4 ? 1 : 4;
    for (uint32_t w = 0; w < words; ++w) {
      c.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, header(at + 4 * w)));
      c.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, load32(peer.storage.data() + 4 * w), 0,
                           static_cast<uint8_t>(2 * (words - w) - 1)));
    }
    c.push_back(BPF_STMT(BPF_RET | BPF_K, 0x40000));
  }
  c.push_back(BPF_STMT(BPF_RET | BPF_K, 0));
  return c;
}

void tell(int fd, const char* what, int level, int option) {
  const int on = 1;
  check(what, ::setsockopt(fd, level, option, &on, sizeof on));
}

void prepare(int fd) {
  // Above the host's limit with CAP_NET_ADMIN alone; else as much as that allows.
  if (::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveBuffer, sizeof kReceiveBuffer) < 0)
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kReceiveBuffer, sizeof kReceiveBuffer);
  tell(fd, "ask for the time of arrival", SOL_SOCKET, SO_TIMESTAMPNS);
}

// What the kernel dropped because this socket's queue was full. Not by SO_RXQ_OVFL: docs/findings.md, 20.
uint32_t dropped_by(int fd) {
  std::array<uint32_t, SK_MEMINFO_VARS> info{};
  socklen_t size = sizeof info;
  check("ask for what was lost", ::getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info.data(), &size));
  return info[SK_MEMINFO_DROPS];
}

// What the kernel tells beside a packet's bytes.
struct Notes {
  Time since_epoch{};
  uint32_t flow_info = 0;  // traffic class and flow label, as in the header's first word
  int hop_limit = 0;
  in6_addr to{};
};

template <typename T>
void copy_out(const cmsghdr* c, T& into) {
  if (c->cmsg_len >= CMSG_LEN(sizeof into))
    std::copy_n(CMSG_DATA(const_cast<cmsghdr*>(c)), sizeof into, reinterpret_cast<uint8_t*>(&into));
}

Notes notes_of(msghdr& message) {
  Notes n;
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
      timespec t{};
      copy_out(c, t);
      n.since_epoch = std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
    } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_FLOWINFO) {
      copy_out(c, n.flow_info);
      n.flow_info = ntohl(n.flow_info);
    } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT) {
      copy_out(c, n.hop_limit);
    } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info{};
      copy_out(c, info);
      n.to = info.ipi6_addr;
    }
  }
  if (n.since_epoch == Time{}) n.since_epoch = wall_clock();
  return n;
}

// RFC 8200 3. Extension headers, if there were any, are gone.
void write_header6(uint8_t* h, const Notes& notes, size_t payload, uint8_t proto, const in6_addr& from) {
  store32(h, 6u << 28 | (notes.flow_info & 0x0fffffff));
  store16(h + 4, static_cast<uint16_t>(payload));
  h[6] = proto;
  h[7] = static_cast<uint8_t>(notes.hop_limit);
  std::copy_n(reinterpret_cast<const uint8_t*>(&from), 16, h + 8);
  std::copy_n(reinterpret_cast<const uint8_t*>(&notes.to), 16, h + 24);
}

}  // namespace

Time wall_clock() {
  timespec t{};
  ::clock_gettime(CLOCK_REALTIME, &t);
  return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
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

Inlet Inlet::of_wire(const IpAddress& peer, bool leaving) {
  Inlet inlet(peer);
  for (const bool icmp : {false, true}) {  // a queue each: a flood of ICMP pushes no packet of a connection out
    // Protocol 0 until the filter is on: nothing slips in before.
    Fd fd = open_socket("open a packet socket to receive", AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    prepare(fd.get());
    attach_if_allowed(fd.get(), interesting(peer, leaving, icmp, !icmp));
    sockaddr_ll all{};
    all.sll_family = AF_PACKET;
    // What leaves is shown only to sockets for every protocol.
    all.sll_protocol = htons(leaving ? ETH_P_ALL : peer.version == 4 ? ETH_P_IP : ETH_P_IPV6);
    check("bind the packet socket", ::bind(fd.get(), reinterpret_cast<sockaddr*>(&all), sizeof all));
    inlet.sockets_.push_back({std::move(fd), 0, icmp, !icmp});
  }
  return inlet;
}

Inlet Inlet::of_host(const IpAddress& peer) {
  Inlet inlet(peer);
  const bool v4 = peer.version == 4;
  for (const uint8_t proto : {kProtoTcp, v4 ? kProtoIcmp : kProtoIcmp6, kProtoUdp}) {
    Fd fd = open_socket("open a raw socket to receive", v4 ? AF_INET : AF_INET6, SOCK_RAW | SOCK_NONBLOCK, proto);
    attach_if_allowed(fd.get(), interesting(peer, false));
    prepare(fd.get());
    if (!v4) {
      tell(fd.get(), "ask for the flow label", IPPROTO_IPV6, IPV6_FLOWINFO);
      tell(fd.get(), "ask for the hop limit", IPPROTO_IPV6, IPV6_RECVHOPLIMIT);
      tell(fd.get(), "ask for the address of arrival", IPPROTO_IPV6, IPV6_RECVPKTINFO);
    }
    inlet.sockets_.push_back({std::move(fd), v4 ? uint8_t{0} : proto, true, true});
  }
  return inlet;
}

std::optional<Inlet::Came> Inlet::read(Socket& socket) {
  for (;;) {
    sockaddr_storage from{};
    alignas(cmsghdr) std::array<uint8_t, 256> control{};
    iovec bytes{buffer_.data() + kHeader6, buffer_.size() - kHeader6};
    msghdr message{};
    message.msg_name = &from;
    message.msg_namelen = sizeof from;
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const long n = ::recvmsg(socket.fd.get(), &message, 0);
    if (n < 0 && errno != EAGAIN && errno != EINTR && errno != ENETDOWN) check_size("receive a packet", n);
    if (n <= 0) return std::nullopt;
    const Notes notes = notes_of(message);
    ConstBytes packet(buffer_.data() + kHeader6, static_cast<size_t>(n));
    if (socket.headless != 0) {
      write_header6(buffer_.data(), notes, static_cast<size_t>(n), socket.headless,
                    reinterpret_cast<const sockaddr_in6*>(&from)->sin6_addr);
      packet = {buffer_.data(), kHeader6 + static_cast<size_t>(n)};
    }
    if (!from_or_icmp(packet, peer_, socket.icmp, socket.other)) continue;
    const bool leaving =
        from.ss_family == AF_PACKET && reinterpret_cast<const sockaddr_ll*>(&from)->sll_pkttype == PACKET_OUTGOING;
    return Came{notes.since_epoch, leaving, packet};
  }
}

std::optional<Inlet::Came> Inlet::next() {
  for (size_t k = 0; k < sockets_.size(); ++k) {
    Socket& socket = sockets_[turn_];
    turn_ = (turn_ + 1) % sockets_.size();
    if (auto came = read(socket)) return came;
  }
  return std::nullopt;
}

uint64_t Inlet::overruns() const {
  uint64_t all = 0;
  for (const Socket& s : sockets_) all += dropped_by(s.fd.get());
  return all;
}

void Inlet::wait(Duration at_most) {
  std::vector<pollfd> all;
  for (const Socket& socket : sockets_) all.push_back({socket.fd.get(), POLLIN, 0});
  const auto s = std::chrono::duration_cast<std::chrono::seconds>(at_most);
  const timespec limit{s.count(), (at_most - s).count()};
  ::ppoll(all.data(), all.size(), &limit, nullptr);
}

}  // namespace gauntlet
