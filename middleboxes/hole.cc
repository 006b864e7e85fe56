// hole: drops segments that come after a hole
//
// A segment that begins behind the next byte in order is dropped, so that the sender has to fill the hole first and
// send everything behind it again. Segments in order, repeated ones, bare acknowledgements and resets pass.
//
// Parameters: none of its own.
//
// Example:  hole:dir=c2s
//
// Seen in the wild: traffic normalisers on 5 % of paths, 11 % on port 80 (RFC 8684 section 6 speaks of them).
#include <nlohmann/json.hpp>

#include "middleboxes/box.hh"
#include "connection/watch.hh"
#include "path/per_flow.hh"
#include "path/teaches.hh"

namespace gauntlet {
namespace {

class Hole final : public Middlebox {
 public:
  Hole(const Params&, Rng) {}

  void packet(Packet p, const Seen& seen, Emit& out) override {
    if (seen.flow != kNoFlow && teaches(std::as_const(p).bytes(), seen)) {
      Watch& watch = flows_.at(seen);
      const TcpView tcp(std::as_const(p).bytes(), seen.layout);
      const Watch::Place place = watch.place(seen, tcp);
      const bool behind = place.known && place.end > place.at && !tcp.has(kRst) &&
                          place.at > watch.reach(static_cast<size_t>(seen.toward));
      if (behind && seen.selected) {
        ++dropped_;
        return;
      }
      if (place.known && !tcp.has(kRst)) watch.went_on(seen, place);
    }
    out.send(std::move(p), seen.toward);
  }
  Json state() const override { return {{"dropped", dropped_}}; }

 private:
  PerFlow<Watch> flows_;
  uint64_t dropped_ = 0;
};

std::vector<DeclaredEdit> declares(const Params& p) { return {{"dropped", "", p.text("dir")}}; }

}  // namespace

BoxEntry hole_box() {
  return {.schema = {.name = "hole", .params = with_common({}), .declares = declares},
          .make = make_box<Hole>,
          .sees_all = true};
}

}  // namespace gauntlet
