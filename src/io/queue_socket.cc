#include "io/queue_socket.hh"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <linux/netlink.h>

#include <cerrno>

#include "util/error.hh"

namespace gauntlet {
std::span<Queued> QueueSocket::receive() {
  for (;;) {
    const int got = ::recvmmsg(fd_.get(), messages_.data(), kBatch, MSG_DONTWAIT | MSG_WAITFORONE, nullptr);
    if (got < 0) {
      if (errno == EAGAIN || errno == EWOULDBLOCK) return {};
      if (errno == ENOBUFS)
        ++overrun_;  // off by NETLINK_NO_ENOBUFS; should it come nevertheless, it is counted
      else if (errno != EINTR)
        throw SystemError("receive queued packets", errno);
      continue;
    }
    size_t packets = 0;
    for (int i = 0; i < got; ++i) {
      uint8_t* const datagram = slots_.get() + static_cast<size_t>(i) * kSlot + kRoom;
      const bool cut = (messages_[i].msg_hdr.msg_flags & MSG_TRUNC) != 0;
      Queued& q = batch_[packets];
      q = Queued{};
      if (!parse(datagram, messages_[i].msg_len, kTail, q)) continue;
      q.cut = q.cut || cut;
      ++packets;
    }
    if (packets > 0) return {batch_.data(), packets};  // else: answers of the kernel only, counted by parse()
  }
}

// Walks the attributes of one message. A datagram that was cut still names its packet: the id is the first attribute.
bool QueueSocket::parse(uint8_t* datagram, size_t size, size_t room, Queued& out) {
  if (size < sizeof(nlmsghdr) + sizeof(nfgenmsg)) return false;
  const auto* header = reinterpret_cast<const nlmsghdr*>(datagram);
  if (header->nlmsg_type == NLMSG_ERROR) {
    if (size >= NLMSG_HDRLEN + sizeof(int) && *reinterpret_cast<const int*>(datagram + NLMSG_HDRLEN) != 0) ++refused_;
    return false;
  }
  if (header->nlmsg_type != (NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_PACKET)) return false;
  bool named = false;
  out.cut = true;  // until all of the payload has been seen
  size_t at = NLMSG_HDRLEN + sizeof(nfgenmsg);
  while (at + NLA_HDRLEN <= size) {
    const auto* attribute = reinterpret_cast<const nlattr*>(datagram + at);
    const uint8_t* value = datagram + at + NLA_HDRLEN;
    if (attribute->nla_len < NLA_HDRLEN) break;
    const size_t length = attribute->nla_len - NLA_HDRLEN;
    const bool inside = at + NLA_HDRLEN + length <= size;
    switch (attribute->nla_type & NLA_TYPE_MASK) {
      case NFQA_PACKET_HDR:
        if (!inside) return false;
        out.id = load32(value);
        out.hook = value[6];
        named = true;
        break;
      case NFQA_IFINDEX_INDEV:
        if (inside) out.in = load32(value);
        break;
      case NFQA_IFINDEX_OUTDEV:
        if (inside) out.out = load32(value);
        break;
      case NFQA_CAP_LEN:
        out.cut = true;
        return named;  // longer than what was copied
      case NFQA_PAYLOAD:
        out.data = datagram + at + NLA_HDRLEN;
        out.size = static_cast<uint32_t>(inside ? length : size - at - NLA_HDRLEN);
        out.before = static_cast<uint32_t>(at + NLA_HDRLEN + kRoom);
        out.after = static_cast<uint32_t>(kDatagram - size + room);
        out.cut = !inside;
        break;
      default:
        break;
    }
    at += NLA_ALIGN(attribute->nla_len);
  }
  return named;
}

void QueueSocket::accept(const Queued& q) { verdict(q.id, NF_ACCEPT, {}); }
void QueueSocket::accept(const Queued& q, ConstBytes payload) { verdict(q.id, NF_ACCEPT, payload); }
void QueueSocket::drop(const Queued& q) { verdict(q.id, NF_DROP, {}); }

// nlmsghdr, nfgenmsg, NFQA_VERDICT_HDR, and for a changed packet the head of NFQA_PAYLOAD; the payload itself is
// gathered.
void QueueSocket::verdict(uint32_t id, uint32_t what, ConstBytes payload) {
  static constexpr std::array<uint8_t, 3> kPad{};
  constexpr size_t kHead = NLMSG_HDRLEN + sizeof(nfgenmsg) + NLA_HDRLEN + sizeof(nfqnl_msg_verdict_hdr);
  static_assert(kHead == 32);
  const bool carries = !payload.empty();
  const size_t length = kHead + (carries ? NLA_HDRLEN + payload.size() : 0);
  if (verdicts_.size() == kBatch || gathered_bytes_ + length + 64 > static_cast<size_t>(send_limit_)) send_gathered();

  Verdict& v = verdicts_.emplace_back();  // never reallocates: reserved for kBatch
  const nlmsghdr header{static_cast<uint32_t>(length), NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_VERDICT, NLM_F_REQUEST, id,
                        0};
  const nfgenmsg family{AF_UNSPEC, NFNETLINK_V0, htons(number_)};
  const nlattr verdict_attribute{NLA_HDRLEN + sizeof(nfqnl_msg_verdict_hdr), NFQA_VERDICT_HDR};
  const nfqnl_msg_verdict_hdr body{htonl(what), htonl(id)};
  uint8_t* p = v.bytes.data();
  std::memcpy(p, &header, 16);
  std::memcpy(p + 16, &family, 4);
  std::memcpy(p + 20, &verdict_attribute, 4);
  std::memcpy(p + 24, &body, 8);
  gathered_.push_back({p, carries ? kHead + NLA_HDRLEN : kHead});
  if (carries) {
    const nlattr payload_attribute{static_cast<uint16_t>(NLA_HDRLEN + payload.size()), NFQA_PAYLOAD};
    std::memcpy(p + 32, &payload_attribute, 4);
    gathered_.push_back({const_cast<uint8_t*>(payload.data()), payload.size()});
    if (const size_t pad = (4 - payload.size() % 4) % 4; pad != 0) {
      gathered_.push_back({const_cast<uint8_t*>(kPad.data()), pad});
    }
  }
  gathered_bytes_ += NLMSG_ALIGN(length);
}

void QueueSocket::send_verdicts() {
  if (!gathered_.empty()) send_gathered();
}

void QueueSocket::send_gathered() {
  msghdr message{};
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  message.msg_name = &kernel;
  message.msg_namelen = sizeof kernel;
  message.msg_iov = gathered_.data();
  message.msg_iovlen = gathered_.size();
  ssize_t sent;
  do sent = ::sendmsg(fd_.get(), &message, 0);
  while (sent < 0 && errno == EINTR);
  check_size(fmt::format("send {} verdicts ({} bytes)", verdicts_.size(), gathered_bytes_), sent);
  verdicts_.clear();
  gathered_.clear();
  gathered_bytes_ = 0;
}

}  // namespace gauntlet
