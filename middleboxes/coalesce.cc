// coalesce: merges consecutive segments into one
//
// Holds a data segment and appends those that follow it without a gap, until there are `segments` of them, the result
// would be larger than `max`, or `hold` has passed. A gap, a segment with SYN, FIN, RST or URG, one with a wrong
// checksum and (unless acks=pass) a pure ACK send the held one on first. Retransmissions are not merged. The two
// directions do not affect each other. A selected segment opens a merge; what follows it joins, selected or not.
//
// Parameters:
//   segments=2      how many become one
//   options=first   whose options the merged segment has: first, last, or none
//   timestamps=yes  with options=none: the last timestamps stay
//   hold=5ms        how long a segment waits for the next
//   max=1500        largest packet to make, IP header included: the MTU on the way out
//   acks=flush      pure ACKs of the same direction: flush the held segment first, or pass it by
//
// Example:  coalesce:options=first,hold=20ms,dir=c2s
//
// Seen in the wild: traffic normalisers, intrusion prevention systems that reassemble, receive offload in software
// routers.
#include <nlohmann/json.hpp>

#include "middleboxes/box.hh"
#include "path/holder.hh"
#include "path/per_flow.hh"
#include "path/pieces.hh"
#include "wire/checksum.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

class Coalesce final : public Middlebox {
 public:
  Coalesce(const Params& p, Rng)
      : segments_(static_cast<unsigned>(p.number("segments"))),
        options_(p.text("options")),
        timestamps_(p.flag("timestamps")),
        max_(static_cast<size_t>(p.number("max"))),
        pass_acks_(p.text("acks") == "pass"),
        held_(Duration(p.number("hold"))) {}

  void packet(Packet p, const Seen& seen, Emit& out) override {
    if (seen.flow == kNoFlow) return out.send(std::move(p), seen.toward);
    const TcpView tcp(std::as_const(p).bytes(), seen.layout);
    if (pass_acks_ && (seen.classes & kClassAck)) return out.send(std::move(p), seen.toward);
    Way& way = flows_.at(seen).ways[static_cast<size_t>(seen.toward)];
    const uint32_t seq = tcp.seq(), end = seq + tcp.sequence_length();
    const bool plain = (tcp.flags() & ~kPsh) == kAck && seen.layout.payload_size > 0 && can_be_cut(p, seen.layout) &&
                       l4_checksum_ok(std::as_const(p).bytes(), seen.layout);
    const bool fresh = !way.known || static_cast<int32_t>(seq - way.next) >= 0;  // else bytes that were seen before
    Holder::Held* held = held_.find(way.ticket);
    const bool joins = held != nullptr && plain && seq == way.next && fits(*held, seen.layout);
    if (fresh || static_cast<int32_t>(end - way.next) > 0) way.next = end;
    way.known = true;
    if (joins) {
      merge(*held, p, seen.layout);
      ++merged_;
      if (++held->count >= segments_) held_.release(way.ticket, out);
      return;
    }
    if (held != nullptr) held_.release(way.ticket, out);
    if (!plain || !fresh || !seen.selected) return out.send(std::move(p), seen.toward);
    way.ticket = held_.hold(std::move(p), seen);
  }

  std::optional<Time> next_tick() const override { return held_.next(); }
  void tick(Time now, Emit& out) override { held_.release_due(now, out); }
  void flush(Emit& out) override { held_.release_all(out); }
  Json state() const override { return {{"merged", merged_}}; }

 private:
  struct Way {
    uint32_t next = 0;  // the sequence number behind everything seen
    bool known = false;
    uint64_t ticket = 0;
  };
  struct Flow {
    Way ways[2];
  };

  bool fits(const Holder::Held& held, const Layout& more) const {
    const size_t had = held.layout.options_size;
    const size_t has = options_ == "first" ? had : options_ == "last" ? more.options_size : timestamps_ ? 12 : 0;
    return held.packet.size() - had + has + more.payload_size <= max_;
  }

  void merge(Holder::Held& held, Packet& p, const Layout& layout) const {
    const TcpView more(std::as_const(p).bytes(), layout);
    TcpEdit edit(held.packet, held.layout);
    edit.replace_payload(held.layout.payload_size, 0, more.payload());
    edit.set_flags(edit.view().flags() | (more.flags() & kPsh));
    edit.set_ack(more.ack());
    edit.set_window(more.window());
    uint8_t block[12];
    if (options_ == "last") edit.replace_options(more.options());
    if (options_ == "none") edit.replace_options(timestamps_ ? timestamps_alone(more.options(), block) : ConstBytes{});
  }

  unsigned segments_;
  std::string options_;
  bool timestamps_;
  size_t max_;
  bool pass_acks_;
  Holder held_;
  PerFlow<Flow> flows_;
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
