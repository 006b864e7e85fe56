// ack-unseen: drops or corrects acknowledgements of data it has not seen
//
// A segment that acknowledges more than passed here in the other direction is dropped, or its acknowledgement is pulled
// back to what did pass.
//
// Parameters:
//   mode=drop       drop: the segment is lost, and its payload with it
//                   correct: the acknowledgement number becomes the highest one the box would believe
//
// Example:  ack-unseen:mode=correct,dir=s2c
//
// Seen in the wild: 26 % of paths, 33 % on port 80, dropped or corrected such acknowledgements (NSDI 2012); they are
// why every subflow has sequence numbers of its own.
#include <nlohmann/json.hpp>

#include "middleboxes/box.hh"
#include "connection/watch.hh"
#include "path/per_flow.hh"
#include "path/teaches.hh"

namespace gauntlet {
namespace {

class AckUnseen final : public Middlebox {
 public:
  AckUnseen(const Params& p, Rng) : correct_(p.text("mode") == "correct") {}

  void packet(Packet p, const Seen& seen, Emit& out) override {
    if (seen.flow == kNoFlow || !teaches(std::as_const(p).bytes(), seen)) return out.send(std::move(p), seen.toward);
    Watch& watch = flows_.at(seen);
    const auto other = static_cast<size_t>(opposite(seen.toward));
    Layout layout = seen.layout;
    TcpEdit edit(p, layout);
    const Watch::Place place = watch.place(seen, edit.view());
    if (seen.selected && place.acks && place.ack > watch.reach(other)) {
      ++hits_;
      if (!correct_) return;
      edit.set_ack(sequence_of(watch.reach(other), seen.facts->isn[other]));
    }
    if (place.known && !edit.view().has(kRst)) watch.went_on(seen, place);
    out.send(std::move(p), seen.toward);
  }
  Json state() const override { return {{"unseen", hits_}}; }

 private:
  bool correct_;
  PerFlow<Watch> flows_;
  uint64_t hits_ = 0;
};

std::vector<DeclaredEdit> declares(const Params& p) {
  if (p.text("mode") == "drop") return {{"dropped", "", p.text("dir")}};
  return {{"ack_shift", "ack", p.text("dir")}};
}

}  // namespace

BoxEntry ack_unseen_box() {
  return {.schema = {.name = "ack-unseen",
                     .params = with_common({choice("mode", {"drop", "correct"}, "what happens to such a segment")}),
                     .declares = declares},
          .make = make_box<AckUnseen>,
          .sees_all = true};
}

}  // namespace gauntlet
