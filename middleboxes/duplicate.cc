// duplicate: sends packets more than once
//
// A selected packet is followed by exact copies of itself, at once or some time later. What is no IP packet passes
// once.
//
// Parameters:
//   copies=1        how many more
//   later=0ms       how much later the copies leave, all together
//
// Examples:  duplicate:when=data      duplicate:when=ack,later=5ms
//
// Seen in the wild: link layers that repeat a frame whose acknowledgement was lost, mirrored ports, redundant rings.
#include <nlohmann/json.hpp>

#include "middleboxes/box.hh"
#include "path/due_queue.hh"
#include "path/holding.hh"

namespace gauntlet {
namespace {

class Duplicate final : public Holding<DueQueue> {
 public:
  Duplicate(const Params& p, Rng) : copies_(static_cast<unsigned>(p.number("copies"))), later_(p.number("later")) {}

  void packet(Packet p, const Seen& seen, Emit& out) override {
    if (seen.layout.version == 0) return out.send(std::move(p), seen.toward);
    Packet spare = p.copy();
    out.send(std::move(p), seen.toward);
    made_ += copies_;
    for (unsigned i = 0; i < copies_; ++i) {
      if (later_.count() == 0) {
        out.send(spare.copy(), seen.toward);
      } else {
        held_.hold(spare.copy(), seen.toward, seen.now + later_, out);
      }
    }
  }
  Json state() const override { return {{"made", made_}}; }

 private:
  unsigned copies_;
  Duration later_;
  uint64_t made_ = 0;
};

std::vector<DeclaredEdit> declares(const Params& p) { return {{"duplicated", "", p.text("dir")}}; }

}  // namespace

BoxEntry duplicate_box() {
  return {.schema = {.name = "duplicate",
                     .params = with_common({number("copies", "1", 1, 100, "how many more"),
                                            duration("later", "0ms", 0, "how much later the copies leave")},
                                           "both", "data"),
                     .declares = declares},
          .make = make_box<Duplicate>};
}

}  // namespace gauntlet
