// pep: acknowledges data before the receiver does
//
// Every selected data segment that arrives in order is acknowledged at once in the receiver's name, without any MPTCP
// option, inside the window the receiver last offered. What the box acknowledged is its to deliver: it keeps copies and
// sends them again until the receiver has them. The receiver's own acknowledgements pass. The box keeps and repeats
// from the flow's beginning, so that after=N only says where the early acknowledgements begin. What it keeps is
// bounded, for each flow and direction and for all of them: past that it acknowledges nothing.
//
// Parameters:
//   lose=0          acknowledge the n-th data segment of a flow and direction, if selected, and lose it; 0: none
//   rto=300ms       the first time until a kept segment is sent again; doubles
//
// Examples:  pep:dir=c2s      pep:dir=c2s,after=50,lose=60
//
// Seen in the wild: proxies on satellite links (RFC 3135); 7 % of paths on port 80 acknowledged proactively (IMC 2011).
#include <nlohmann/json.hpp>

#include "middleboxes/box.hh"
#include "connection/early_ack.hh"
#include "connection/sessions.hh"
#include "path/teaches.hh"

namespace gauntlet {
namespace {

class Pep final : public Middlebox {
 public:
  Pep(const Params& p, Rng)
      : lose_(static_cast<uint64_t>(p.number("lose"))), rto_(p.number("rto")), sessions_(kSessions) {}

  void packet(Packet p, const Seen& seen, Emit& out) override {
    if (seen.flow == kNoFlow || !teaches(std::as_const(p).bytes(), seen)) return out.send(std::move(p), seen.toward);
    EarlyAck* flow = sessions_.find(seen);
    if (flow == nullptr) {
      if ((seen.classes & kClassSyn) == 0) return out.send(std::move(p), seen.toward);
      flow = &sessions_.make(seen, rto_, kept_);
    }
    const auto did = flow->see(std::as_const(p), seen, lose_);
    if (did.lose) {
      ++lost_;
    } else {
      out.send(std::move(p), seen.toward);
    }
    if (did.acknowledge && seen.selected) {
      ++acknowledged_;
      out.send(flow->acknowledgement(seen.toward), opposite(seen.toward));
    }
    sessions_.touched(seen.flow);
  }
  std::optional<Time> next_tick() const override { return sessions_.next_tick(); }
  void tick(Time now, Emit& out) override {
    sessions_.tick(now, [&](FlowId, EarlyAck& flow) { flow.tick(now, out); });
  }
  Json state() const override { return {{"acknowledged", acknowledged_}, {"lost", lost_}}; }

 private:
  static constexpr size_t kSessions = 4096;
  uint64_t lose_;
  Duration rto_;
  SegmentStore::Budget kept_;  // outlives the sessions, which count in it
  Sessions<EarlyAck> sessions_;
  uint64_t acknowledged_ = 0, lost_ = 0;
};

std::vector<DeclaredEdit> declares(const Params& p) {
  std::vector<DeclaredEdit> all;
  for (const auto& [dir, back] : {std::pair{"c2s", "s2c"}, {"s2c", "c2s"}}) {
    if (p.text("dir") != "both" && p.text("dir") != dir) continue;
    // What is sent again is acknowledged again: without time stamps the same as the receiver said before.
    for (const char* kind : {"proxy_acked", "injected", "duplicated"}) all.push_back({kind, "", back});
    for (const char* kind : {"duplicated", "injected"}) all.push_back({kind, "", dir});
    if (p.number("lose") != 0) all.push_back({"dropped", "", dir});
  }
  return all;
}

}  // namespace

BoxEntry pep_box() {
  return {.schema = {.name = "pep",
                     .params = with_common({number("lose", "0", 0, UINT32_MAX, "acknowledge this segment and lose it"),
                                            duration("rto", "300ms", 1'000'000, "first time to repeat a kept segment")},
                                           "both", "data"),
                     .declares = declares},
          .make = make_box<Pep>,
          .sees_all = true};
}

}  // namespace gauntlet
