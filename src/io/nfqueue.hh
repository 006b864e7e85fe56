// Adapts one NFQUEUE to what stands on the path: every packet of the queue is handed in, what is sent on leaves as
//   - a verdict without payload, when the very bytes that came are sent on,
//   - a verdict with payload, when one packet of the same flow is sent in their place and a verdict can carry it: the
//     same one changed, one that was held and has grown by it, or one that a box made,
//   - a drop and injected packets in order, when several are sent, others than that, or backwards.
// It fails closed, and it counts by itself, from the bytes that left.
//
// Order: all verdicts of a batch go out first, then all injected packets; of a flow into which a batch injects the rest
// is injected, too, and longer while an injected packet may still be overtaken (Injector::all_left). Within a flow and
// direction packets therefore leave in the order in which they were sent.
#pragma once
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "io/direction_rule.hh"
#include "io/inject.hh"
#include "io/origin_set.hh"
#include "io/queue_socket.hh"
#include "path/middlebox.hh"
#include "util/json.hh"
#include "wire/layout.hh"

namespace gauntlet {

// What stands on the path. A chain of boxes, or a test's own.
class OnPath {
 public:
  virtual ~OnPath() = default;
  virtual void packet(Packet, Direction toward, Time now, Emit&) = 0;
  virtual std::optional<Time> next_tick() const { return std::nullopt; }
  virtual void tick(Time, Emit&) {}
  virtual void flush(Emit&) {}
};

// docs/evidence.md section 2. Every packet that was queued has one fate:
// queued = passed + changed + dropped + held. `injected` counts packets that left and were not one of them.
struct QueueCounts {
  uint64_t queued = 0;
  uint64_t passed = 0;                           // left at once, as it came (unparsed among them)
  uint64_t changed = 0;                          // left at once, other bytes or the other way
  uint64_t injected = 0;                         // made by a box
  uint64_t dropped = 0;                          // did not leave
  uint64_t held = 0;                             // left after a later packet or by a timer
  uint64_t unparsed = 0;                         // of passed: not a whole IP packet
  uint64_t later_fragments = 0;                  // of queued: fragments after the first
  uint64_t oversize = 0;                         // did not leave: longer than the egress MTU
  uint64_t inject_failed = 0;                    // did not leave: no route, no neighbour, refused by the kernel
  uint64_t refused = 0;                          // verdicts the kernel refused
  uint64_t overrun = 0;                          // datagrams lost or cut on the way from the kernel to us
  uint64_t queue_dropped = 0, user_dropped = 0;  // packets the kernel dropped before they reached us

  uint64_t hits() const { return changed + injected + dropped + held; }
  bool clean() const { return (oversize | inject_failed | refused | overrun | queue_dropped | user_dropped) == 0; }
};
Json to_json(const QueueCounts&);

class QueueAdapter : private Emit {
 public:
  struct Options {
    QueueSocket::Options queue;
    DirectionRule direction;
    std::string inject;  // see Injector
    uint32_t mtu = 0;    // no larger packet may leave; 0: as the egress interface says
  };
  explicit QueueAdapter(const Options&);

  // From here on packets go through `path` (null: they pass untouched); counting starts at zero. The adapter does not
  // own it.
  void begin(OnPath* path);
  // The run is over: what is queued by now is handled, what is held is let go, the kernel's counts are read.
  QueueCounts end();
  QueueCounts counts() const;  // of the run so far

  // Descriptors to wait for (readable) and what to call then; each returns whether there was anything.
  int queue_fd() const { return queue_.fd(); }
  int timer_fd() const { return timer_.get(); }
  int routes_fd() { return injector_.routes().fd(); }
  bool on_queue();  // one batch
  bool on_timer();
  bool on_routes();

  const QueueSocket& queue() const { return queue_; }
  uint64_t by_injection() const { return injector_.counts().sent; }  // packets that left without a verdict of theirs
  const std::string& last_failure() const { return injector_.last_failure(); }

 private:
  struct Sent {
    Packet packet;
    Direction toward;
  };
  void send(Packet, Direction toward) override;
  void handle(const Queued&, uint8_t* original);
  void settle(const Queued&, ConstBytes original, const Layout& before, Direction toward);
  bool by_verdict(const Queued&, ConstBytes original, const Layout& before, const Packet& now, Direction toward);
  void count(const Packet&, Packet::Origin current, bool as_it_came);
  bool same_way(const Queued&, ConstBytes original, const Layout& before, ConstBytes now);
  void inject(Sent&&, Packet::Origin current, ConstBytes original, Direction arrived);
  void let_out();  // what came without a packet: timers, flush
  void finish_batch();
  void arm_timer();
  bool injected_into(ConstBytes packet, Direction toward) const;
  void mark_injected(ConstBytes packet, Direction toward);

  static constexpr size_t kFlows = 65536;

  DirectionRule direction_;
  uint32_t mtu_;
  QueueSocket queue_;
  Injector injector_;
  Fd timer_;
  bool armed_ = false;
  OnPath* path_ = nullptr;
  Time now_{};
  Packet::Origin next_origin_ = 0;
  std::vector<Sent> sent_;         // by the path during the current call
  std::vector<Packet> alive_;      // changed packets whose bytes the gathered verdicts point at
  std::vector<uint8_t> original_;  // the current packet as it came
  std::unordered_set<uint64_t> injected_flows_;
  bool inject_all_ = false;  // more flows than kFlows: everything is injected
  OriginSet dropped_;
  QueueCounts counts_, base_;
  Injector::Counts injector_base_;
};

}  // namespace gauntlet
