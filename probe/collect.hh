// Sends probes and gathers what comes back: all TTLs at once, one wait for all of them that adapts to the answers, and
// again only what stayed silent. Knows nothing of findings.
#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "probe/observation.hh"
#include "probe/transport.hh"

namespace gauntlet {

struct CollectLimits {
  uint8_t max_ttl = 30;                                  // 1 .. 63: what the window's low bits can name
  uint8_t tries = 3;                                     // per silent TTL
  Duration blind_wait = std::chrono::milliseconds(200);  // per try, while the destination has not answered
  Duration pace = std::chrono::milliseconds(1050);  // between probes to routers that limit (Linux: one token a second)
  uint32_t most_paced = 12;                         // rounds of that; what is still unanswered is told as rate-limited
};

struct WantedProbe {
  std::string name;
  ProbeSpec spec;
};

class Collector {
 public:
  Collector(ProbeTransport&, const IpAddress& source, const IpAddress& destination, uint16_t port, CollectLimits = {});
  ~Collector();

  void first(const std::vector<WantedProbe>&);  // probes that need no connection
  // Opens a connection in user space and sends these as copies that die on the way. False: the destination does not
  // answer.
  bool established(const std::vector<WantedProbe>&);
  // Opens a connection whose packets live for `ttl` hops, says this once it is open and gathers what is answered.
  void ask(const WantedProbe&, uint8_t ttl);
  // Copies for a flow that is known otherwise, TTL 1 .. last; `slowest` is how long answers take.
  void copies(const ProbeFlow&, const std::vector<WantedProbe>&, uint8_t last, Duration slowest);
  void deliver(uint8_t ttl);        // every probe once with this TTL, which nobody on the way answers
  void arrived(ConstBytes packet);  // a packet the other side got: its agent says so
  Duration slowest() const { return slowest_; }
  void again(const std::vector<std::string>& names);  // the same probes over another flow each, as NAME#2, NAME#3
  void end_of_again();                                // what stayed silent of them is asked patiently, all at once
  void close();                                       // resets what was opened; also at the end of scope
  const Observation& seen() const { return seen_; }
  uint32_t unmatched() const { return unmatched_; }  // ICMP errors that were not ours

 private:
  struct Slot {          // one (probe, TTL)
    Time first{}, at{};  // when it was sent, and sent last
    Time heard{};        // when it was answered last
    uint8_t tries = 0;
    bool answered = false;
    uint8_t doubted = 0;   // tries by then: asked alone, it was answered by what may have been another hop's answer
    bool unheard = false;  // while it was waited for, packets that had come were lost: silence proves nothing
    Time asked_before(Time answer) const { return answer < at ? first : at; }  // an answer may be to an earlier try
  };
  size_t add(const WantedProbe&, const ProbeFlow&);
  ProbeFlow new_flow(const ProbeSpec&);
  void send(size_t run, uint8_t ttl);
  void count(size_t run, uint8_t ttl);
  void speak(const std::vector<uint8_t>& packet);
  void send_all(size_t run, uint8_t last);
  void send_copies(size_t run, uint8_t last);
  void send_pairs(size_t run, uint8_t last);  // this one and the next
  void verify_distance();
  void verify_control();
  void ask_alone(size_t run, uint8_t ttl);
  void drop_last_run();
  Time last_before(size_t run, Time) const;
  void take(const Arrival&);
  void settle(bool only_current = false);
  void listen_until(Time);
  void note_overruns(uint64_t before);
  void excuse_unheard(size_t from_run);
  Duration patience() const;
  uint8_t end_of(size_t run) const;  // TTLs from here on need no answer
  std::vector<uint8_t> missing(size_t run) const;
  bool anything_missing() const;
  bool hop_answers(uint8_t ttl) const;
  bool mute(uint8_t ttl) const;
  void retry(size_t from_run, bool patient = true);  // patient: also at the pace of routers that limit
  bool one_by_one(size_t run);
  void paced(size_t from_run);
  std::optional<size_t> answered_at(uint8_t ttl, size_t from_run) const;
  std::map<uint8_t, size_t> unlimited(size_t from_run);
  std::vector<uint8_t> suspects(size_t run) const;
  bool went_past(size_t run, uint8_t ttl) const;
  void confirm(size_t from_run);
  bool confirm_syns(size_t from_run);
  void confirm_paced(size_t from_run);
  std::vector<uint8_t> lost(size_t run) const;
  void vague(size_t run, const IpAddress& from);
  bool in_doubt(size_t run) const;
  bool vague_at(uint8_t ttl) const;
  bool left_over(const HopQuote&);
  void ask_each(size_t run, const std::vector<uint8_t>& ttls);
  std::optional<std::vector<uint8_t>> handshake(ProbeFlow&, uint8_t ttl);

  ProbeTransport& transport_;
  CollectLimits limits_;
  Observation seen_;
  std::vector<std::vector<Slot>> slots_;
  std::vector<ProbeFlow> open_;               // connections to reset
  std::vector<bool> unresolved_;              // per run: quotes came that did not say for which TTL
  std::vector<IpAddress> vague_, elsewhere_;  // who sent those; and of them who did while another hop was asked alone
  uint32_t came_later_ = 0;                   // answers to what had been asked in vain before: packets get lost here
  std::set<uint8_t> limiting_;                // TTLs whose router answered once it was left alone for a while
  Time last_send_{};
  Duration slowest_{};
  uint8_t distance_ = 0;          // of TCP; 0: not known
  size_t again_from_ = SIZE_MAX;  // the first run that again() added
  bool again_ = false;            // what was asked before is asked again
  size_t current_run_ = 0;
  uint8_t current_ttl_ = 0;  // one_by_one: the only TTL on its way
  uint32_t unmatched_ = 0;
};

}  // namespace gauntlet
