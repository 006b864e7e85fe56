// normaliser: no holes, no overlap, and its own copy of what is sent again
//
// Segments behind a hole are held until it is filled (or dropped); of a segment that repeats bytes only the new ones
// pass; a pure repetition is replaced by the segments the box sent on the first time, options and all, for as
// long as they are not acknowledged; acknowledgement, window and timestamps are those of the repetition.
//
// What it keeps is bounded, for each flow and direction and for all of them: past that it drops what comes behind a
// hole, and a repetition passes as it is.
//
// Parameters:
//   holes=hold      hold or drop what comes behind a hole
//   copy=own        what a repetition becomes: own (the first segments again) or sender (it passes as it is)
//
// Example:  normaliser:holes=drop
//
// Seen in the wild: traffic normalisers in front of intrusion detection (RFC 8684 section 6: they may cache packets and
// send the same data again).
#include <nlohmann/json.hpp>

#include "middleboxes/box.hh"
#include "connection/once_passed.hh"
#include "path/per_flow.hh"
#include "path/teaches.hh"

namespace gauntlet {
namespace {

class Normaliser final : public Middlebox {
 public:
  Normaliser(const Params& p, Rng) : hold_(p.text("holes") == "hold"), own_(p.text("copy") == "own") {}

  void packet(Packet p, const Seen& seen, Emit& out) override {
    if (seen.flow == kNoFlow || !teaches(std::as_const(p).bytes(), seen))
      return out.send(std::move(p), seen.toward);  // a damaged copy must not stand in for the ones that follow
    OncePassed& f = flows_.at(seen);
    const TcpView tcp(std::as_const(p).bytes(), seen.layout);
    const Watch::Place place = f.watch.place(seen, tcp);
    const auto way = static_cast<size_t>(seen.toward);
    if (place.acks) f.sent[1 - way].acknowledged(place.ack);
    const bool plain = !place.known || place.at == place.end || tcp.has(kSyn) || tcp.has(kRst) || !seen.selected ||
                       seen.layout.fragment || !whole(seen.layout, std::as_const(p).bytes());
    if (plain) {
      if (place.known && !tcp.has(kRst)) f.watch.went_on(seen, place);
      if (place.known && tcp.has(kRst) && place.at == f.watch.high[way]) f.forget();  // it is over (RFC 5961 3.2)
      return out.send(std::move(p), seen.toward);
    }
    if (place.at > f.watch.reach(way)) {
      if (!hold_ || !f.held[way].take(place.at, place.end, p, copies_.kept)) ++dropped_;
      return;
    }
    f.pass(std::move(p), seen.layout, place, seen.toward, own_, copies_, out);
    // What was held behind the hole goes on as far as it is filled.
    while (!f.held[way].empty() && f.held[way].all().front().at <= f.watch.reach(way)) {
      Packet next = f.held[way].all().front().packet.copy();
      const Watch::Place at{true, f.held[way].all().front().at, f.held[way].all().front().end};
      f.held[way].drop_first();
      const Layout layout = layout_of(std::as_const(next).bytes());
      if (at.end > f.watch.high[way]) f.pass(std::move(next), layout, at, seen.toward, own_, copies_, out);
    }
  }
  Json state() const override {
    return {{"dropped", dropped_}, {"own copies", copies_.sent}, {"trimmed", copies_.trimmed}};
  }

 private:
  bool hold_, own_;
  OncePassed::Counts copies_;  // outlives the flows, which count in it
  PerFlow<OncePassed> flows_;
  uint64_t dropped_ = 0;
};

std::vector<DeclaredEdit> declares(const Params& p) {
  const std::string& dir = p.text("dir");
  std::vector<DeclaredEdit> all{{"resegmented", "", dir}, {"dropped", "", dir}};
  for (const char* kind : {"delayed", "reordered"}) {
    if (p.text("holes") == "hold") all.push_back({kind, "", dir});
  }
  // The sender may cut its repetition otherwise than what it sent first: whole segments of the box take their place.
  for (const char* kind : {"value_changed", "ip_id_rewritten", "injected", "duplicated", "flags_changed", "split",
                           "merged", "lost_in_merge", "copied_to_pieces"}) {
    if (p.text("copy") == "own") all.push_back({kind, "", dir});
  }
  return all;
}

}  // namespace

BoxEntry normaliser_box() {
  return {.schema = {.name = "normaliser",
                     .params = with_common({choice("holes", {"hold", "drop"}, "what comes behind a hole"),
                                            choice("copy", {"own", "sender"}, "what a repetition becomes")}),
                     .declares = declares},
          .make = make_box<Normaliser>,
          .sees_all = true};
}

}  // namespace gauntlet
