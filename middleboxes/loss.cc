// loss: loses packets, at random, in bursts, or every nth
//
// Of the selected packets a share is lost, each for itself or `burst` in a row; or, with `every`, one in so many. Each
// flow and direction is counted for itself; the random numbers come from the seed. What is no IP packet passes.
//
// Parameters:
//   rate=0.1        share of the packets that is lost in the long run, 0 to 1; not with `every`
//   burst=1         how many packets in a row are lost each time
//   every=0         instead of `rate`: the nth, 2nth, ... packet begins a burst; 0: by `rate`
//
// Examples:  loss:rate=0.02,when=data      loss:rate=0.05,burst=4      loss:every=3,when=ack,dir=s2c
//
// Seen in the wild: radio links (bursts), full queues, ACK-thinning middleboxes (RFC 8684 section 6).
#include <nlohmann/json.hpp>

#include "middleboxes/box.hh"
#include "path/per_flow.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

class Loss final : public Middlebox {
 public:
  Loss(const Params& p, Rng rng)
      : rng_(rng), burst_(static_cast<uint64_t>(p.number("burst"))), every_(static_cast<uint64_t>(p.number("every"))) {
    const double rate = p.real("rate");
    if (!(rate >= 0 && rate <= 1)) throw UsageError("loss: rate wants a share, 0 to 1");
    if (every_ != 0 && p.given("rate")) throw UsageError("loss: rate and every exclude each other");
    if (every_ != 0 && every_ < burst_) throw UsageError("loss: every wants at least burst");
    // A burst of B begins with chance q at each packet outside of one: B / (B + (1-q)/q) of all are lost.
    const double b = static_cast<double>(burst_);
    begin_ = rate == 0 ? 0 : rate / (rate + b * (1 - rate));
  }

  void packet(Packet p, const Seen& seen, Emit& out) override {
    Lane& lane = seen.flow == kNoFlow ? flowless_[way(seen)] : flows_.at(seen).lanes[way(seen)];
    if (seen.layout.version == 0 || !loses(lane)) return out.send(std::move(p), seen.toward);
    ++lost_;
  }
  Json state() const override { return {{"lost", lost_}}; }

 private:
  struct Lane {
    uint64_t seen = 0;
    uint64_t left = 0;  // of the burst that is under way
  };
  struct Flow {
    Lane lanes[2];  // by Direction
  };
  static size_t way(const Seen& seen) { return static_cast<size_t>(seen.toward); }

  bool loses(Lane& lane) {
    ++lane.seen;
    if (lane.left == 0 && (every_ != 0 ? lane.seen % every_ == 0 : rng_.chance(begin_))) lane.left = burst_;
    if (lane.left == 0) return false;
    --lane.left;
    return true;
  }

  Rng rng_;
  uint64_t burst_, every_;
  double begin_ = 0;
  PerFlow<Flow> flows_;
  Lane flowless_[2];
  uint64_t lost_ = 0;
};

std::vector<DeclaredEdit> declares(const Params& p) { return {{"dropped", "", p.text("dir")}}; }

}  // namespace

BoxEntry loss_box() {
  return {.schema = {.name = "loss",
                     .params = with_common({param("rate", ParamType::real, "0.1", "share that is lost"),
                                            number("burst", "1", 1, 100000, "packets lost in a row"),
                                            number("every", "0", 0, 1000000000, "one in so many; 0: by rate")}),
                     .declares = declares},
          .make = make_box<Loss>};
}

}  // namespace gauntlet
