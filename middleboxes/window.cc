// window: rewrites the receive window
//
// The window field of the selected segments is set, limited or raised, as it stands in the header: what it means in
// bytes is for the window scale to say, which stays (to take that away: strip:kind=3).
//
// Parameters:
//   set=-1          this value, 0 to 65535; -1: leave it
//   max=65535       no larger than this
//   min=0           no smaller than this
//
// Examples:  window:max=100,when=nonsyn      window:min=2000,when=nonsyn,dir=s2c
//
// Seen in the wild: traffic shapers that slow senders down by their window; proxies that announce more than the host
// has (RFC 8684 section 3.3.5).
#include <algorithm>

#include "middleboxes/box.hh"
#include "util/error.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

class Window final : public Middlebox {
 public:
  Window(const Params& p, Rng) : set_(p.number("set")), max_(p.number("max")), min_(p.number("min")) {
    if (min_ > max_) throw UsageError("window: min is larger than max");
    if (set_ < 0 && !p.given("max") && !p.given("min")) throw UsageError("window: give set, max or min");
  }

  void packet(Packet p, const Seen& seen, Emit& out) override {
    Layout layout = seen.layout;
    if (layout.tcp) {
      TcpEdit edit(p, layout);
      const int64_t had = edit.view().window(), now = std::clamp(set_ < 0 ? had : set_, min_, max_);
      if (now != had) edit.set_window(static_cast<uint16_t>(now));
    }
    out.send(std::move(p), seen.toward);
  }

 private:
  int64_t set_, max_, min_;
};

std::vector<DeclaredEdit> declares(const Params& p) { return {{"window_changed", "window", p.text("dir")}}; }

}  // namespace

BoxEntry window_box() {
  return {.schema = {.name = "window",
                     .params = with_common({number("set", "-1", -1, 65535, "this value; -1: leave it"),
                                            number("max", "65535", 0, 65535, "no larger than this"),
                                            number("min", "0", 0, 65535, "no smaller than this")}),
                     .declares = declares},
          .make = make_box<Window>};
}

}  // namespace gauntlet
