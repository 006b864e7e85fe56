#include "io/inject.hh"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <linux/if_ether.h>
#include <net/if.h>

#include <algorithm>
#include <cerrno>

#include "path/prefix.hh"
#include "util/error.hh"
#include "wire/layout.hh"

namespace gauntlet {
namespace {

ConstBytes destination_of(const Packet& packet) {
  const uint8_t version = packet.empty() ? 0 : packet.data()[0] >> 4;
  if (version == 4 && packet.size() >= 20) return packet.bytes().subspan(16, 4);
  if (version == 6 && packet.size() >= 40) return packet.bytes().subspan(24, 16);
  return {};
}

bool same(ConstBytes a, ConstBytes b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

}  // namespace

Injector::Injector(const std::string& through) {
  const int fd = ::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);  // protocol 0: never receives
  if (fd < 0 && errno == EPERM) {
    throw EnvironmentError("open a packet socket: not permitted; needs CAP_NET_RAW (root, or inside unshare)");
  }
  fd_ = Fd(check("open a packet socket", fd));
  int bytes = 4 << 20;  // a shaper holds what we send; without the privilege the default has to do
  (void)::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes);
  if (through.empty()) return;

  NextHop hop;
  hop.interface = static_cast<int>(::if_nametoindex(through.c_str()));
  const LinkInfo* own = hop.interface != 0 ? routes_.link(hop.interface) : nullptr;
  if (own == nullptr) throw UsageError(fmt::format("inject through {}: no such interface here", through));
  hop.mtu = own->mtu;
  const LinkInfo* peer = own->peer != 0 ? routes_.link(static_cast<int>(own->peer)) : nullptr;
  if (peer == nullptr) {
    throw UsageError(
        fmt::format("inject through {}: not one end of a veth pair whose other end is here, too", through));
  }
  hop.mac = peer->mac;
  hop.state = NextHop::State::ready;
  through_ = hop;
}

const NextHop& Injector::hop_of(const Packet& packet) {
  static const NextHop kNowhere;
  if (through_) return *through_;
  const ConstBytes destination = destination_of(packet);
  return destination.empty() ? kNowhere : routes_.to(destination);
}

uint32_t Injector::mtu_toward(const Packet& packet) {
  const NextHop& hop = hop_of(packet);
  return hop.state == NextHop::State::unreachable ? 0 : hop.mtu;
}

void Injector::add(Packet packet) { taken_.push_back(std::move(packet)); }

void Injector::fail(std::string why) {
  ++counts_.failed;
  last_failure_ = std::move(why);
}

bool Injector::place(Packet& packet, bool waited) {
  const ConstBytes destination = destination_of(packet);
  if (!waited && std::any_of(waiting_.begin(), waiting_.end(),
                             [&](const Waiting& w) { return same(destination_of(w.packet), destination); })) {
    return false;
  }
  const NextHop& hop = hop_of(packet);
  if (hop.state == NextHop::State::resolving) return false;
  if (hop.state == NextHop::State::unreachable) {
    fail(fmt::format("no route to {}",
                     destination.empty() ? "a packet without an IP header" : address_text(destination)));
    return true;
  }
  if (packet.size() > hop.mtu) {
    ++counts_.oversize;
    return true;
  }
  sockaddr_ll& to = addresses_.emplace_back();
  to.sll_family = AF_PACKET;
  to.sll_protocol = htons(destination.size() == 16 ? ETH_P_IPV6 : ETH_P_IP);
  to.sll_ifindex = hop.interface;
  to.sll_halen = 6;
  std::copy(hop.mac.begin(), hop.mac.end(), to.sll_addr);
  placed_.push_back(std::move(packet));
  if (placed_.size() == kBatch) send_placed();
  return true;
}

void Injector::flush(Time now) {
  retry(now);
  for (Packet& packet : taken_) {
    if (place(packet, false)) continue;
    if (waiting_.size() >= kWaiting) {
      fail("too many packets wait for a neighbour to answer");
      continue;
    }
    packet.keep();
    waiting_.push_back({std::move(packet), now + kPatience});
  }
  taken_.clear();
  send_placed();
}

// Those that wait keep their order: per destination the first that cannot go stops the later ones.
void Injector::retry(Time now) {
  if (waiting_.empty()) return;
  next_retry_ = now + kRetry;
  std::vector<Waiting> still;
  for (Waiting& w : waiting_) {
    const ConstBytes destination = destination_of(w.packet);
    const bool behind = std::any_of(still.begin(), still.end(),
                                    [&](const Waiting& s) { return same(destination_of(s.packet), destination); });
    if (!behind && place(w.packet, true)) continue;
    if (now >= w.until)
      fail(fmt::format("no answer from the neighbour on the way to {}", address_text(destination)));
    else
      still.push_back(std::move(w));
  }
  waiting_ = std::move(still);
}

std::optional<Time> Injector::next_try() const {
  if (waiting_.empty()) return std::nullopt;
  return next_retry_;
}

void Injector::send_placed() {
  const size_t n = placed_.size();
  vectors_.resize(n);
  messages_.assign(n, {});
  for (size_t i = 0; i < n; ++i) {
    vectors_[i] = {placed_[i].data(), placed_[i].size()};
    messages_[i].msg_hdr = {&addresses_[i], sizeof(sockaddr_ll), &vectors_[i], 1, nullptr, 0, 0};
  }
  for (size_t at = 0; at < n;) {
    const int sent = ::sendmmsg(fd_.get(), messages_.data() + at, static_cast<unsigned>(n - at), 0);
    if (sent < 0 && errno == EINTR) continue;
    if (sent > 0) {
      at += static_cast<size_t>(sent);
      counts_.sent += static_cast<uint64_t>(sent);
      continue;
    }
    // The first of the rest was refused: a full queueing discipline (ENOBUFS), a link that is down, a changed MTU.
    // Counted, not retried.
    if (errno == EMSGSIZE)
      ++counts_.oversize;
    else
      fail(fmt::format("send on interface {}: {}", addresses_[at].sll_ifindex, std::generic_category().message(errno)));
    ++at;
  }
  placed_.clear();
  addresses_.clear();
}

}  // namespace gauntlet
