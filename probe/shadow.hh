// Shadow probing: a real connection is watched, and the first packet of each kind it sends is sent again, byte for
// byte, with TTLs too small to arrive. What routers quote of the copies tells what became of any option a real stack
// sends. Copies carry nothing the peer has not got or will not get: one that does arrive is a duplicate, which TCP
// throws away. Nor may routers' answers disturb who sent it: a kernel that waits for a SYN/ACK gives up at one, later
// it keeps the error for who asks (SO_ERROR), unless it is about bytes that were acknowledged. So a packet is copied
// when the peer has acknowledged more, when its connection is over, or at the end.
//
// Knows no socket and no clock: packets and times in, copies out.
#pragma once
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "probe/observation.hh"
#include "wire/layout.hh"

namespace gauntlet {

struct ShadowFlow {
  IpAddress remote;
  uint16_t port = 0;
  std::optional<uint16_t> local_port;  // only this one; else every connection to remote and port
};

struct ShadowLimits {
  uint32_t rate = 100;    // copies in any second, at most
  uint8_t max_ttl = 30;   // packets of the connection itself must start with more
  uint8_t tries = 3;      // per TTL that stays silent though its router answers
  uint32_t kinds = 24;    // of segments, per connection
  uint32_t subflows = 8;  // connections, per local address
  size_t largest = 1500;  // bytes; longer packets are cut by the card, and so are their copies
  Duration blind = std::chrono::milliseconds(300);   // to wait for an answer while none has come
  Duration again = std::chrono::milliseconds(1100);  // between tries: routers that limit answer once a second
  Duration digest = std::chrono::milliseconds(10);   // for the kernel to take in an acknowledgement that we saw
};

class ShadowProber {
 public:
  ShadowProber(ShadowFlow, ShadowLimits);
  void saw(Time now, ConstBytes packet);               // every packet that left or came in
  std::optional<std::vector<uint8_t>> next(Time now);  // a copy to send now, if any may be sent
  void left_by(Time);                                  // the copy of next() has: the stated rate counts from there
  bool busy(Time now) const;                           // copies are still to be sent, or answers to be waited for
  bool closed() const;                                 // every connection seen has ended; false while none was seen
  void ended() { ended_ = true; }                      // nobody waits for a connection any more
  uint32_t copies() const { return copies_; }
  std::vector<Observation> seen() const;  // one per local address: each is a path of its own

 private:
  struct Slot {
    Time at{};
    uint8_t tries = 0;
    bool answered = false;
  };
  struct Kind {
    std::string kind;
    uint16_t local_port = 0;
    Time born{};
    std::optional<Time> acknowledged;  // when the peer was seen to have more than this
    std::vector<Slot> slots;           // by TTL
  };
  struct Subflow {
    uint32_t kinds = 0;
    bool answered = false, open = false, fin_out = false, fin_in = false, reset = false;
  };
  struct Path {  // everything from one local address
    Observation seen;
    std::vector<Kind> kinds;  // one per run
    std::map<uint16_t, Subflow> subflows;
    uint8_t estimate = 0;  // hops to the peer as its packets' TTL says; 0: nothing came
    uint8_t far = 0;       // farthest router that quoted
    // What quotes do not say must not be asked at once: 0: quotes name the copy; 1: one copy of each segment is on its
    // way (IPv6, where nothing names the TTL; an identification that a box rewrote); 2: one of each connection
    // (sequence numbers rewritten, too).
    int care = 0;
    Time quiet_until{};  // no copies before: answers to earlier ones are still on their way
    Duration slowest{};
  };

  void left(Time, ConstBytes, const Layout&);
  void came(Time, ConstBytes, const Layout&);
  bool may_copy(const Path&, size_t run, Time) const;
  void quoted(Time, HopQuote);
  void be_careful(Path&, Time) const;
  bool take(Path&, Time, size_t run, uint8_t ttl, HopQuote);
  struct OnTheWay {
    int count = 0;
    uint8_t ttl = 0;  // of the last of them
  };
  OnTheWay on_the_way(const Path&, size_t run, Time) const;
  uint8_t last_ttl(const Path&, size_t run) const;
  bool wants(const Path&, size_t run, uint8_t ttl, Time) const;
  bool clashes(const Path&, size_t run, Time) const;
  bool overdue(const Path&, size_t run, uint8_t ttl, Time) const;
  bool hop_answers(const Path&, uint8_t ttl) const;

  ShadowFlow flow_;
  ShadowLimits limits_;
  std::vector<Path> paths_;
  std::deque<Time> sent_;  // of the last second
  uint32_t copies_ = 0;
  bool ended_ = false;
};

}  // namespace gauntlet
