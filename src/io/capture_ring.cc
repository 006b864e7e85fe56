#include "io/capture_ring.hh"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <utility>

#include "io/clock.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

tpacket_hdr_v1& head_of(uint8_t* block) { return reinterpret_cast<tpacket_block_desc*>(block)->hdr.bh1; }

void set(int fd, int option, const void* value, socklen_t size, const std::string& what) {
  check(what, ::setsockopt(fd, SOL_PACKET, option, value, size));
}

}  // namespace

CaptureRing::CaptureRing(const NetNamespace& where, const std::string& interface, const Options& options)
    : options_(options), interface_(interface) {
  const std::string at = "capture on " + interface;
  where.run([&] {
    // Protocol 0 until the ring stands: nothing is received before, so nothing is missed between socket and ring.
    const int fd = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (fd < 0 && errno == EPERM) {
      throw EnvironmentError(at +
                             ": not permitted; needs CAP_NET_RAW in that network namespace (root, or inside unshare)");
    }
    fd_ = Fd(check(at + ": open a packet socket", fd));
    const unsigned index = ::if_nametoindex(interface.c_str());
    if (index == 0) throw UsageError(at + ": no such interface in that network namespace");
    const int version = TPACKET_V3;
    set(fd, PACKET_VERSION, &version, sizeof version, at + ": choose TPACKET_V3");
    tpacket_req3 request{};
    request.tp_block_size = static_cast<unsigned>(options.block);
    request.tp_block_nr = options.blocks;
    request.tp_frame_size = TPACKET_ALIGNMENT << 7;
    request.tp_frame_nr = static_cast<unsigned>(options.block / request.tp_frame_size * options.blocks);
    request.tp_retire_blk_tov = options.hand_over_ms;
    set(fd, PACKET_RX_RING, &request, sizeof request,
        at + fmt::format(": make a ring of {} bytes", options.block * options.blocks));
    void* memory = ::mmap(nullptr, options.block * options.blocks, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) throw SystemError(at + ": map the ring", errno);
    ring_ = static_cast<uint8_t*>(memory);
    sockaddr_ll local{};
    local.sll_family = AF_PACKET;
    local.sll_protocol = htons(ETH_P_ALL);
    local.sll_ifindex = static_cast<int>(index);
    check(at + ": bind", ::bind(fd, reinterpret_cast<sockaddr*>(&local), sizeof local));
  });
}

CaptureRing::CaptureRing(CaptureRing&& other) noexcept
    : fd_(std::move(other.fd_)),
      ring_(std::exchange(other.ring_, nullptr)),
      options_(other.options_),
      interface_(std::move(other.interface_)),
      next_(other.next_),
      total_(other.total_),
      base_(other.base_),
      taken_(other.taken_) {}

CaptureRing::~CaptureRing() {
  if (ring_ != nullptr) ::munmap(ring_, options_.block * options_.blocks);
}

bool CaptureRing::read(const Take& take) {
  bool any = false;
  for (;;) {
    uint8_t* const block = ring_ + next_ * options_.block;
    tpacket_hdr_v1& head = head_of(block);
    std::atomic_ref<uint32_t> status(head.block_status);  // shared with the kernel: TP_STATUS_USER makes the block ours
    if ((status.load(std::memory_order_acquire) & TP_STATUS_USER) == 0) return any;
    const uint8_t* at = block + head.offset_to_first_pkt;
    for (uint32_t i = 0; i < head.num_pkts; ++i) {
      const auto* p = reinterpret_cast<const tpacket3_hdr*>(at);
      ++total_.frames;
      if (p->tp_snaplen < p->tp_len) ++total_.truncated;
      take({std::chrono::seconds(p->tp_sec) + std::chrono::nanoseconds(p->tp_nsec),
            {at + p->tp_mac, p->tp_snaplen},
            p->tp_len});
      at += p->tp_next_offset;
    }
    status.store(TP_STATUS_KERNEL, std::memory_order_release);
    next_ = (next_ + 1) % options_.blocks;
    any = true;
  }
}

bool CaptureRing::clear_error() {
  int error = 0;
  socklen_t size = sizeof error;
  check("read the error of " + interface_, ::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size));
  return error != 0;
}

// PACKET_STATISTICS starts at zero with every reading; tp_packets counts the dropped ones, too.
CaptureRing::Counts CaptureRing::total() {
  tpacket_stats_v3 s{};
  socklen_t size = sizeof s;
  check("read the drop counter of " + interface_, ::getsockopt(fd_.get(), SOL_PACKET, PACKET_STATISTICS, &s, &size));
  total_.dropped += s.tp_drops;
  taken_ += s.tp_packets - s.tp_drops;
  return total_;
}

CaptureRing::Counts CaptureRing::counts() {
  Counts c = total();
  c.frames -= base_.frames;
  c.dropped -= base_.dropped;
  c.truncated -= base_.truncated;
  return c;
}

void CaptureRing::drain(const Take& take) {
  total();
  const uint64_t wanted = taken_;  // everything the kernel has taken up to now
  const Time end = monotonic_now() + std::chrono::seconds(1);
  for (;;) {
    read(take);
    if (total_.frames >= wanted) return;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - monotonic_now()).count();
    if (left <= 0) {
      throw EnvironmentError(fmt::format("capture on {}: {} frames of {} were never handed over", interface_,
                                         wanted - total_.frames, wanted));
    }
    pollfd p{fd_.get(), POLLIN, 0};
    if (::poll(&p, 1, static_cast<int>(left)) < 0 && errno != EINTR) throw SystemError("poll a capture ring", errno);
  }
}

}  // namespace gauntlet
