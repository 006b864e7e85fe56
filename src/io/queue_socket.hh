// One NFQUEUE as a socket: packets come in batches, verdicts go out in batches (docs: middlebox I/O).
//
// It never sets F_GSO (the kernel then segments and completes checksums before we see a packet) and never F_FAIL_OPEN.
#pragma once
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "util/fd.hh"
#include "wire/bytes.hh"

namespace gauntlet {

// One packet of a batch. Its bytes stand in a slot of the socket until the next receive().
struct Queued {
  uint32_t id = 0;           // the kernel's; the verdict names it
  uint8_t hook = 0;          // NF_INET_PRE_ROUTING ...
  uint32_t in = 0, out = 0;  // interface indexes, 0: none
  uint8_t* data = nullptr;   // from the IP header on
  uint32_t size = 0;
  uint32_t before = 0, after = 0;  // bytes around it that may be used
  bool cut = false;                // not all of it is here: must never be returned as a payload
};

class QueueSocket {
 public:
  // At 64, boxes that give payloads back were 3 to 5 % slower (tests/bench/live_bench.py).
  static constexpr size_t kBatch = 128;
  static constexpr uint32_t kPacketCharge =
      2304;  // what the kernel charges the receive buffer for a packet of 1500 bytes

  struct Options {
    uint16_t number = 0;
    uint32_t max_length = 8192;     // packets the kernel holds for us
    int receive_buffer = 12 << 20;  // bytes asked for; the kernel doubles it
    int send_buffer = 1 << 20;
  };

  // Binds the queue. Throws EnvironmentError with the remedy: no privilege, no NFQUEUE, another process has the queue.
  explicit QueueSocket(const Options&);

  int fd() const { return fd_.get(); }
  std::span<Queued> receive();  // up to kBatch; empty when nothing waits. Never blocks

  // Verdicts are gathered; the payload must live until send_verdicts(), which sends them in this order.
  void accept(const Queued&);
  void accept(const Queued&, ConstBytes payload);
  void drop(const Queued&);
  void send_verdicts();

  uint64_t refused() const { return refused_; }  // verdicts the kernel answered with an error
  uint64_t overrun() const { return overrun_; }  // datagrams lost or cut on the way to us
  int granted() const { return granted_; }       // the receive buffer as the kernel accounts it, in bytes
  uint32_t packets_fit() const { return static_cast<uint32_t>(granted_) / kPacketCharge; }
  bool forced() const { return forced_; }  // the buffer could be forced (not in a user namespace)

  struct KernelDrops {
    uint64_t queue = 0, user = 0;
  };
  KernelDrops kernel_drops() const;  // since the queue was bound; from /proc/net/netfilter/nfnetlink_queue

 private:
  // One datagram = one packet, behind room for a header that grows. Links of 9000 bytes fit; the stride is no power of
  // two, so that the heads of the slots do not share cache sets.
  static constexpr size_t kRoom = 64, kDatagram = 9000 + 704, kTail = 64, kSlot = kRoom + kDatagram + kTail;

  void configure(const Options&);
  bool parse(uint8_t* datagram, size_t size, size_t room, Queued& out);
  void verdict(uint32_t id, uint32_t what, ConstBytes payload);
  void send_gathered();

  struct Verdict {  // as it goes out; the payload follows through an iovec of its own
    std::array<uint8_t, 36> bytes{};
  };

  Fd fd_;
  uint16_t number_;
  int granted_ = 0, send_limit_ = 0;
  bool forced_ = false;
  uint64_t refused_ = 0, overrun_ = 0;

  std::unique_ptr<uint8_t[]> slots_;
  std::array<mmsghdr, kBatch> messages_{};
  std::array<iovec, kBatch> vectors_{};
  std::array<Queued, kBatch> batch_;

  std::vector<Verdict> verdicts_;
  std::vector<iovec> gathered_;
  size_t gathered_bytes_ = 0;
};

}  // namespace gauntlet
