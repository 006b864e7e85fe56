// The rulers of the live bench: readers of NFQUEUE 0 that look at nothing.
//
//   bare_reader accept     recvmmsg of 64, 64 verdicts in one sendmsg, no payload
//   bare_reader echo       the same, every packet handed back with its payload: the floor of any edit
//   bare_reader nop        echo that puts NOPs over the timestamps of data segments (IPv4, as Linux writes them): what
//                          such an edit costs at least, the endpoints' pains without timestamps included
//   bare_reader callback   libnetfilter_queue's callback loop, one recv and one verdict per packet, buffers as large
//
// Prints "ready" and ends with SIGTERM. Written apart from src/io on purpose.
#include <arpa/inet.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <vector>

namespace {

constexpr int kReceive = 12 << 20, kSend = 1 << 20;  // bytes
constexpr uint32_t kLength = 8192;                   // packets
constexpr size_t kBatch = 64, kSlot = 4096;

int callback(nfq_q_handle* queue, nfgenmsg*, nfq_data* data, void*) {
  const nfqnl_msg_packet_hdr* header = nfq_get_msg_packet_hdr(data);
  return nfq_set_verdict(queue, ntohl(header->packet_id), NF_ACCEPT, 0, nullptr);
}

void tune(int fd) {
  ::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &kReceive, sizeof kReceive);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &kSend, sizeof kSend);
  const int one = 1;
  ::setsockopt(fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, &one, sizeof one);
}

void ready() {
  std::puts("ready");
  std::fflush(stdout);
}

[[noreturn]] void callback_loop(nfq_handle* handle) {
  ready();
  alignas(16) static char buffer[65536];
  for (;;) {
    const ssize_t got = ::recv(nfq_fd(handle), buffer, sizeof buffer, 0);
    if (got > 0) nfq_handle_packet(handle, buffer, static_cast<int>(got));
  }
}

struct Message {  // what goes in front of a payload
  nlmsghdr header;
  uint8_t family, version;
  uint16_t queue;
  uint16_t verdict_size, verdict_type;
  uint32_t verdict, id;
  uint16_t payload_size, payload_type;
};
static_assert(sizeof(Message) == 36);

// The id and the payload of one packet message; attributes are walked, none is looked into.
bool take(const uint8_t* p, size_t size, uint32_t& id, iovec& payload) {
  bool named = false;
  for (size_t at = 20; at + 4 <= size;) {
    uint16_t length, type;
    std::memcpy(&length, p + at, 2);
    std::memcpy(&type, p + at + 2, 2);
    if (length < 4 || at + length > size) break;
    if (type == NFQA_PACKET_HDR) {
      std::memcpy(&id, p + at + 4, 4);  // stays in network order
      named = true;
    }
    if (type == NFQA_PAYLOAD) payload = {const_cast<uint8_t*>(p) + at + 4, length - 4u};
    at += (length + 3u) & ~3u;
  }
  return named;
}

// Ten bytes of timestamps behind two NOPs become NOPs; the checksum follows by difference (RFC 1624).
void nop_timestamps(uint8_t* p, size_t size) {
  if (size < 52 || p[0] != 0x45 || p[9] != 6) return;
  uint8_t* tcp = p + 20;
  const size_t header = static_cast<size_t>(tcp[12] >> 4) * 4;
  if (header < 32 || size <= 20 + header || std::memcmp(tcp + 20, "\x01\x01\x08\x0a", 4) != 0) return;
  uint32_t sum = static_cast<uint16_t>(~(tcp[16] << 8 | tcp[17]));
  for (size_t i = 22; i < 32; i += 2) sum += static_cast<uint16_t>(~(tcp[i] << 8 | tcp[i + 1])) + 0x0101u;
  std::memset(tcp + 22, 1, 10);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  tcp[16] = static_cast<uint8_t>(~sum >> 8);
  tcp[17] = static_cast<uint8_t>(~sum);
}

[[noreturn]] void batch_loop(int fd, bool echo, bool nop) {
  ready();
  static uint8_t slots[kBatch][kSlot];
  static uint8_t pad[4];
  std::array<mmsghdr, kBatch> messages{};
  std::array<iovec, kBatch> vectors;
  for (size_t i = 0; i < kBatch; ++i) {
    vectors[i] = {slots[i], kSlot};
    messages[i].msg_hdr.msg_iov = &vectors[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  std::array<Message, kBatch> verdicts{};
  std::vector<iovec> out;
  for (;;) {
    const int got = ::recvmmsg(fd, messages.data(), kBatch, MSG_WAITFORONE, nullptr);
    out.clear();
    for (int i = 0; i < got; ++i) {
      Message& m = verdicts[static_cast<size_t>(i)];
      iovec payload{};
      if (!take(slots[i], messages[static_cast<size_t>(i)].msg_len, m.id, payload)) continue;
      if (nop) nop_timestamps(static_cast<uint8_t*>(payload.iov_base), payload.iov_len);
      const size_t head = echo ? 36 : 32, bytes = echo ? payload.iov_len : 0;
      m.header = {static_cast<uint32_t>(head + bytes), NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_VERDICT, NLM_F_REQUEST, 0, 0};
      m.verdict_size = 12;
      m.verdict_type = NFQA_VERDICT_HDR;
      m.verdict = htonl(NF_ACCEPT);
      m.payload_size = static_cast<uint16_t>(4 + bytes);
      m.payload_type = NFQA_PAYLOAD;
      out.push_back({&m, head});
      if (!echo) continue;
      out.push_back(payload);
      if (bytes % 4 != 0) out.push_back({pad, 4 - bytes % 4});
    }
    if (out.empty()) continue;
    msghdr message{};
    sockaddr_nl kernel{};
    kernel.nl_family = AF_NETLINK;
    message.msg_name = &kernel;
    message.msg_namelen = sizeof kernel;
    message.msg_iov = out.data();
    message.msg_iovlen = out.size();
    if (::sendmsg(fd, &message, 0) < 0) std::perror("bare_reader: send verdicts");
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc == 2 ? argv[1] : "";
  if (mode != "accept" && mode != "echo" && mode != "nop" && mode != "callback") {
    std::fputs("usage: bare_reader accept|echo|nop|callback\n", stderr);
    return 2;
  }
  nfq_handle* handle = nfq_open();
  nfq_q_handle* queue = handle == nullptr ? nullptr : nfq_create_queue(handle, 0, callback, nullptr);
  if (queue == nullptr || nfq_set_mode(queue, NFQNL_COPY_PACKET, 0xffff) < 0 ||
      nfq_set_queue_maxlen(queue, kLength) < 0) {
    std::perror("bare_reader: bind NFQUEUE 0");
    return 3;
  }
  tune(nfq_fd(handle));
  if (mode == "callback") callback_loop(handle);
  batch_loop(nfq_fd(handle), mode != "accept", mode == "nop");
}
