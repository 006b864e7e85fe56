// coalesce: merges consecutive segments into one
//
// Holds a data segment and appends those that follow it without a gap, until there are `segments` of them, the result
// would be larger than `max`, or `hold` has passed. A gap, a segment with SYN, FIN, RST or URG, one with a wrong
// checksum and (unless acks=pass) a pure ACK send the held one on first. Retransmissions are not merged. The two
// directions do not affect each other. A selected segment opens a merge; what follows it joins, selected or not.
//
// Parameters:
//   segments=2      how many become one, at most
//   at=             only where one ends at these places in the stream of the flow and direction, joined by +, 0 for
//                   its first byte; or mapping: where a mapping that it carries ends, or begins; or inside: where one
//                   that it carries goes on
//   options=first   whose options the merged segment has: first, last, or none
//   timestamps=yes  with options=none: the last timestamps stay
//   hold=5ms        how long a segment waits for the next
//   max=1500        largest packet to make, IP header included: the MTU on the way out
//   acks=flush      pure ACKs of the same direction: flush the held segment first, or pass it by
//
// Examples:  coalesce:options=first,hold=20ms,dir=c2s      coalesce:at=1000+2500,segments=3
//
// Seen in the wild: traffic normalisers, intrusion prevention systems that reassemble, receive offload in software
// routers.
#include <nlohmann/json.hpp>

#include "middleboxes/box.hh"
#include "path/holder.hh"
#include "path/holding.hh"
#include "path/per_flow.hh"
#include "path/places.hh"
#include "path/teaches.hh"

namespace gauntlet {
namespace {

class Coalesce final : public Holding<Holder> {
 public:
  Coalesce(const Params& p, Rng)
      : Holding(Duration(p.number("hold"))),
        segments_(static_cast<unsigned>(p.number("segments"))),
        places_(p.text("at"), "coalesce: at=", Places::For::joining),
        options_(options_of(p.text("options"))),
        timestamps_(p.flag("timestamps")),
        pass_acks_(p.text("acks") == "pass"),
        max_(static_cast<size_t>(p.number("max"))) {}

  void packet(Packet p, const Seen& seen, Emit& out) override {
    if (seen.flow == kNoFlow || (pass_acks_ && (seen.classes & kClassAck))) return out.send(std::move(p), seen.toward);
    Way& way = flows_.at(seen)[static_cast<size_t>(seen.toward)];
    const TcpView tcp(std::as_const(p).bytes(), seen.layout);
    const uint32_t seq = tcp.seq(), end = seq + tcp.sequence_length();
    const bool good = teaches(std::as_const(p).bytes(), seen);
    const bool plain =
        (tcp.flags() & ~kPsh) == kAck && seen.layout.payload_size > 0 && can_be_cut(p, seen.layout) && good;
    const bool fresh = !way.next || static_cast<int32_t>(seq - *way.next) >= 0;  // else bytes that were seen before
    Holder::Held* held = held_.find(way.ticket);
    const bool joins = held != nullptr && plain && seq == way.next &&
                       size_with(held->packet, held->layout, seen.layout, options_, timestamps_) <= max_;
    if (good && (fresh || static_cast<int32_t>(end - *way.next) > 0)) way.next = end;
    const bool waits = plain && (!places_.named() || places_.one_ends(tcp, seen));
    if (joins) {
      append_segment(held->packet, held->layout, p, seen.layout, options_, timestamps_);
      ++merged_;
      if (++held->count >= segments_ || !waits) held_.release(way.ticket, out);
      return;
    }
    if (held != nullptr) held_.release(way.ticket, out);
    if (!waits || !fresh || !seen.selected) return out.send(std::move(p), seen.toward);
    way.ticket = held_.hold(std::move(p), seen, out, max_);
  }

  Json state() const override { return {{"merged", merged_}}; }

 private:
  struct Way {
    std::optional<uint32_t> next;  // the sequence number behind everything seen
    uint64_t ticket = 0;
  };

  unsigned segments_;
  Places places_;
  OptionsOf options_;
  bool timestamps_, pass_acks_;
  size_t max_;
  PerFlow<std::array<Way, 2>> flows_;  // by Direction
  uint64_t merged_ = 0;
};

std::vector<DeclaredEdit> declares(const Params& p) {
  const std::string& dir = p.text("dir");
  std::vector<DeclaredEdit> all{{"merged", "", dir}, {"lost_in_merge", "", dir}, {"delayed", "", dir}};
  if (p.text("acks") == "pass") all.push_back({"reordered", "", dir});
  return all;
}

}  // namespace

BoxEntry coalesce_box() {
  return {
      .schema = {.name = "coalesce",
                 .params = with_common({number("segments", "2", 2, 64, "how many become one"),
                                        param("at", ParamType::text, "", "only at these places, mapping or inside"),
                                        choice("options", {"first", "last", "none"}, "whose options stay"),
                                        param("timestamps", ParamType::boolean, "yes", "options=none: timestamps stay"),
                                        param("hold", ParamType::duration, "5ms", "how long a segment waits"),
                                        number("max", "1500", 100, 65535, "largest packet to make"),
                                        choice("acks", {"flush", "pass"}, "pure ACKs of the same direction")},
                                       "both", "data"),
                 .declares = declares},
      .make = make_box<Coalesce>,
      .sees_all = true};
}

}  // namespace gauntlet
