// inwindow: a stateful firewall that lets only segments inside the window pass
//
// Follows both windows (scaled as the SYNs agreed) and drops what lies outside, acknowledges data that was never sent,
// or belongs to a connection whose beginning was not seen: what netfilter calls INVALID.
//
// Parameters:
//   loose=no        let connections pass whose SYN was not seen
//   slack=0         bytes a segment may lie right of the window
//   forget=0        forget each connection after so many of its segments (a restart, a fail-over without state);
//                   0: never
//
// Examples:  inwindow:dir=s2c      inwindow:forget=100
//
// Seen in the wild: netfilter's connection tracking with a rule against INVALID, most stateful firewalls ("Real
// Stateful TCP Packet Filtering in IP Filter", G. van Rooij, has the bounds).
#include <nlohmann/json.hpp>

#include "middleboxes/box.hh"
#include "connection/watch.hh"
#include "path/per_flow.hh"
#include "path/teaches.hh"
#include "tcp/segment.hh"

namespace gauntlet {
namespace {

class InWindow final : public Middlebox {
 public:
  InWindow(const Params& p, Rng) : loose_(p.flag("loose")), slack_(p.number("slack")), forget_(p.number("forget")) {}

  void packet(Packet p, const Seen& seen, Emit& out) override {
    if (seen.flow == kNoFlow || !teaches(std::as_const(p).bytes(), seen)) return out.send(std::move(p), seen.toward);
    if (seen.selected && !let_in(std::as_const(p).bytes(), seen)) {
      ++dropped_;
      return;
    }
    follow(TcpView(std::as_const(p).bytes(), seen.layout), seen);
    out.send(std::move(p), seen.toward);
  }
  Json state() const override { return {{"dropped", dropped_}}; }

 private:
  struct Flow {
    Watch watch;
    Position edge[2] = {-1, -1};  // by direction of the data: right edge the receiver allowed; -1: not yet
    Position widest[2] = {0, 0};  // the largest window it ever allowed
    int64_t count = 0;
    int scale[2] = {-1, -1};  // by direction of travel of the SYN that offered it; -1: not offered
  };

  bool let_in(ConstBytes packet, const Seen& seen) {
    const TcpView tcp(packet, seen.layout);
    Flow& f = flows_.at(seen);
    const auto way = static_cast<size_t>(seen.toward);
    const Watch::Place place = f.watch.place(seen, tcp);
    if (forget_ != 0 && ++f.count > forget_ && !tcp.has(kSyn)) return loose_;
    if (tcp.has(kSyn)) return !place.acks || place.ack <= f.watch.reach(1 - way);
    if (!place.known) return loose_ || (tcp.has(kRst) && place.acks && place.ack <= f.watch.reach(1 - way));
    if (f.edge[way] >= 0 && place.end > std::max(f.edge[way], f.watch.reach(way)) + 1 + slack_) return false;
    // Old bytes are let in as far back as a window reaches, and old acknowledgements likewise.
    if (place.end < f.watch.high[way] - std::max<Position>(f.widest[way], 66000)) return false;
    if (!place.acks) return true;
    return place.ack <= f.watch.reach(1 - way) &&
           place.ack >= f.watch.high[1 - way] - std::max<Position>(f.widest[1 - way], 66000);
  }

  void follow(TcpView tcp, const Seen& seen) {
    Flow& f = flows_.at(seen);
    const auto way = static_cast<size_t>(seen.toward);
    const Watch::Place place = f.watch.place(seen, tcp);
    if (tcp.has(kSyn)) f.scale[way] = std::min<int>(parse_tcp_options(tcp.options()).wscale.value_or(255), 255);
    if (place.known && !tcp.has(kRst)) f.watch.went_on(seen, place);
    const bool syn =
        tcp.has(kSyn) && !tcp.has(kAck);  // its window counts from the peer's SYN, whatever number that has
    if (tcp.has(kRst) || (!place.acks && !syn)) return;
    const bool scaled = !tcp.has(kSyn) && f.scale[0] <= 14 && f.scale[1] <= 14 && f.scale[0] >= 0 && f.scale[1] >= 0;
    const Position window = static_cast<Position>(tcp.window()) << (scaled ? f.scale[way] : 0);
    f.edge[1 - way] = std::max(f.edge[1 - way], (syn ? 1 : place.ack) + window);
    f.widest[1 - way] = std::max(f.widest[1 - way], window);
  }

  bool loose_;
  Position slack_;
  int64_t forget_;
  PerFlow<Flow> flows_;
  uint64_t dropped_ = 0;
};

std::vector<DeclaredEdit> declares(const Params& p) { return {{"dropped", "", p.text("dir")}}; }

}  // namespace

BoxEntry inwindow_box() {
  return {.schema = {.name = "inwindow",
                     .params = with_common(
                         {param("loose", ParamType::boolean, "no", "pass what began unseen"),
                          number("slack", "0", 0, 1 << 30, "bytes allowed right of the window"),
                          number("forget", "0", 0, UINT32_MAX, "forget a connection after so many segments")}),
                     .declares = declares},
          .make = make_box<InWindow>,
          .sees_all = true};
}

}  // namespace gauntlet
