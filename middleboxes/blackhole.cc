// blackhole: swallows a flow from some point on
//
// From the first selected segment on, everything of the flow in the direction(s) of `dir` disappears, for good or for a
// while. With bytes=N the first N payload bytes of selected segments still pass.
//
// Parameters:
//   bytes=0         payload bytes of the flow and direction that pass first
//   back=yes        once it began, swallow the other direction too
//   lasts=0s        how long it lasts; 0s: to the end
//
// Examples:  blackhole:when=nonsyn (after the SYNs)    blackhole:bytes=50000,path=p1    blackhole:after=30,lasts=2s
//
// Seen in the wild: a route that fails, a radio that is out of reach, a firewall that forgets a flow (RFC 6182 5.2).
#include <nlohmann/json.hpp>

#include "middleboxes/box.hh"
#include "path/per_flow.hh"

namespace gauntlet {
namespace {

class BlackHole final : public Middlebox {
 public:
  BlackHole(const Params& p, Rng)
      : bytes_(static_cast<uint64_t>(p.number("bytes"))), back_(p.flag("back")), lasts_(p.number("lasts")) {}

  void packet(Packet p, const Seen& seen, Emit& out) override {
    if (seen.flow != kNoFlow && swallows(flows_.at(seen), seen)) {
      ++dropped_;
      return;
    }
    out.send(std::move(p), seen.toward);
  }
  Json state() const override { return {{"dropped", dropped_}}; }

 private:
  struct Flow {
    uint64_t passed[2] = {0, 0};
    bool began[2] = {false, false};
    Time since{};
  };
  bool swallows(Flow& f, const Seen& seen) const {
    const auto way = static_cast<size_t>(seen.toward);
    if (seen.selected && !f.began[0] && !f.began[1]) {
      f.passed[way] += seen.layout.payload_size;
      if (f.passed[way] > bytes_ || bytes_ == 0) {
        f.since = seen.now;
        f.began[way] = true;
        f.began[1 - way] = back_;
      }
    } else if (seen.selected && f.began[1 - way] && !back_) {
      f.began[way] = true;
    }
    return f.began[way] && (lasts_ == Duration(0) || seen.now - f.since < lasts_);
  }
  uint64_t bytes_;
  bool back_;
  Duration lasts_;
  PerFlow<Flow> flows_;
  uint64_t dropped_ = 0;
};

std::vector<DeclaredEdit> declares(const Params& p) {
  return {{"dropped", "", p.flag("back") ? "both" : p.text("dir")}};
}

}  // namespace

BoxEntry blackhole_box() {
  return {.schema = {.name = "blackhole",
                     .params = with_common({param("bytes", ParamType::size, "0", "payload bytes that pass first"),
                                            param("back", ParamType::boolean, "yes", "the other direction too"),
                                            param("lasts", ParamType::duration, "0s", "how long; 0s: to the end")},
                                           "both", "data"),
                     .declares = declares},
          .make = make_box<BlackHole>,
          .sees_all = true};
}

}  // namespace gauntlet
