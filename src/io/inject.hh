// Sends packets that NFQUEUE cannot emit: through one AF_PACKET socket, in order, in batches, past no queueing
// discipline (QDISC_BYPASS would hide them from captures and skip the shaper). Never a raw IP socket: it repairs the IP
// header checksum.
#pragma once
#include <linux/if_packet.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "io/routes.hh"
#include "util/fd.hh"
#include "util/time.hh"
#include "wire/packet.hh"

namespace gauntlet {

class Injector {
 public:
  // `through`: one end of a veth pair in this network namespace; frames sent into it enter the stack at the other end
  // as received. Empty: packets leave by the routing table, behind the router's own forwarding.
  explicit Injector(const std::string& through = {});

  // Takes a packet for the next flush(). A borrowed packet's bytes must live until then.
  void add(Packet packet);
  // Sends what was taken, in order. What waits for a neighbour waits here (at most kWaiting packets, kPatience long),
  // and everything later to the same destination behind it.
  void flush(Time now);
  // Nothing waits, and what was sent stands in line on the egress interface: it will not be overtaken by what the
  // router forwards from now on. Never so through a veth pair, behind which the stack has yet to take the frame.
  bool all_left() const { return taken_.empty() && waiting_.empty() && !through_; }
  std::optional<Time> next_try() const;  // when flush() should be called again although nothing was added

  Routes& routes() { return routes_; }
  // The largest packet that may leave toward `packet`'s destination; 0 when there is no way.
  uint32_t mtu_toward(const Packet& packet);

  struct Counts {
    uint64_t sent = 0;
    uint64_t oversize = 0;  // longer than the egress MTU: not sent
    uint64_t failed = 0;    // no route, no neighbour, or refused by the kernel
  };
  const Counts& counts() const { return counts_; }
  const std::string& last_failure() const { return last_failure_; }

 private:
  static constexpr size_t kBatch = 64, kWaiting = 256;
  static constexpr Duration kPatience = std::chrono::milliseconds(1500), kRetry = std::chrono::milliseconds(2);

  struct Waiting {
    Packet packet;
    Time until;
  };

  const NextHop& hop_of(const Packet& packet);
  bool place(Packet& packet, bool waited);  // false: waits for its neighbour
  void retry(Time now);
  void send_placed();
  void fail(std::string why);

  Fd fd_;
  Routes routes_;
  std::optional<NextHop> through_;
  std::vector<Packet> taken_;
  std::vector<Waiting> waiting_;
  Time next_retry_{};

  std::vector<sockaddr_ll> addresses_;  // placed: ready to be sent, in order
  std::vector<iovec> vectors_;
  std::vector<mmsghdr> messages_;
  std::vector<Packet> placed_;
  Counts counts_;
  std::string last_failure_;
};

}  // namespace gauntlet
