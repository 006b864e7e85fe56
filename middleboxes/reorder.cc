// reorder: lets packets be overtaken
//
// Holds a selected packet until `gap` later packets of its flow and direction went past, or `hold` is over: it arrives
// late, they early. One packet of a flow and direction is held at a time; the others go on. Nothing else changes.
//
// Parameters:
//   gap=1           packets that overtake
//   hold=50ms       how long to wait for them
//   share=1         share of the selected packets that this happens to, 0 to 1, drawn from the seed
//
// Examples:  reorder:gap=3,when=data      reorder:share=0.1,when=data,path=p1
//
// Seen in the wild: links bundled packet by packet, multi-core forwarding, radio retransmission.
#include <nlohmann/json.hpp>

#include "middleboxes/box.hh"
#include "path/holder.hh"
#include "path/holding.hh"
#include "path/per_flow.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

class Reorder final : public Holding<Holder> {
 public:
  Reorder(const Params& p, Rng rng)
      : Holding(Duration(p.number("hold"))),
        rng_(rng),
        gap_(static_cast<unsigned>(p.number("gap"))),
        share_(p.real("share")) {
    if (!(share_ >= 0 && share_ <= 1)) throw UsageError("reorder: share wants 0 to 1");
  }

  void packet(Packet p, const Seen& seen, Emit& out) override {
    if (seen.flow == kNoFlow) return out.send(std::move(p), seen.toward);
    uint64_t& ticket = flows_.at(seen).tickets[static_cast<size_t>(seen.toward)];
    if (Holder::Held* held = held_.find(ticket)) {
      const bool last = held->count++ >= gap_;  // count: one more than those that went past
      out.send(std::move(p), seen.toward);
      if (last) held_.release(ticket, out), ++overtaken_;
      return;
    }
    if (!seen.selected || !rng_.chance(share_)) return out.send(std::move(p), seen.toward);
    ticket = held_.hold(std::move(p), seen, out);
  }
  Json state() const override { return {{"overtaken", overtaken_}}; }

 private:
  struct Flow {
    uint64_t tickets[2] = {0, 0};  // by Direction
  };

  Rng rng_;
  unsigned gap_;
  double share_;
  PerFlow<Flow> flows_;
  uint64_t overtaken_ = 0;
};

std::vector<DeclaredEdit> declares(const Params& p) {
  return {{"reordered", "", p.text("dir")}, {"delayed", "", p.text("dir")}};
}

}  // namespace

BoxEntry reorder_box() {
  return {.schema = {.name = "reorder",
                     .params = with_common({number("gap", "1", 1, 1000, "packets that overtake"),
                                            duration("hold", "50ms", 0, "how long to wait for them"),
                                            param("share", ParamType::real, "1", "share of the selected packets")},
                                           "both", "data"),
                     .declares = declares},
          .make = make_box<Reorder>,
          .sees_all = true};
}

}  // namespace gauntlet
