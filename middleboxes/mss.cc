// mss: rewrites the maximum segment size that a SYN announces
//
// The MSS option of the selected segments is lowered to `max`, or set; one that is absent stays absent, and a malformed
// one is left alone.
//
// Parameters:
//   max=0           no larger than this; 0: no limit
//   set=0           this, whatever it was; 0: leave it
//
// Example:  mss:max=1200,path=p2
//
// Seen in the wild: tunnels and DSL routers that clamp it to their MTU (RFC 8041 section 3.8), TCPMSS of netfilter.
#include <algorithm>

#include "middleboxes/box.hh"
#include "util/error.hh"
#include "wire/options.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

class Mss final : public Middlebox {
 public:
  Mss(const Params& p, Rng)
      : max_(static_cast<uint16_t>(p.number("max"))), set_(static_cast<uint16_t>(p.number("set"))) {
    if ((max_ == 0) == (set_ == 0)) throw UsageError("mss: give max or set");
  }

  void packet(Packet p, const Seen& seen, Emit& out) override {
    Layout layout = seen.layout;
    if (layout.tcp) rewrite(TcpEdit(p, layout));
    out.send(std::move(p), seen.toward);
  }

 private:
  void rewrite(TcpEdit edit) const {
    const ConstBytes options = edit.view().options();
    const Option o = find_option(options, kOptMss);
    if (o.size != 4) return;
    const uint16_t had = load16(&options[o.offset + 2u]);
    const uint16_t now = set_ != 0 ? set_ : std::min(had, max_);
    if (now == had) return;
    uint8_t bytes[2];
    store16(bytes, now);
    edit.write_options(o.offset + 2u, bytes);
  }

  uint16_t max_, set_;
};

std::vector<DeclaredEdit> declares(const Params& p) {
  std::vector<DeclaredEdit> all{{"mss_clamped", "option 2", p.text("dir")}};
  if (p.number("set") != 0) all.push_back({"value_changed", "option 2", p.text("dir")});
  return all;
}

}  // namespace

BoxEntry mss_box() {
  return {.schema = {.name = "mss",
                     .params = with_common({number("max", "0", 0, 65535, "no larger than this; 0: no limit"),
                                            number("set", "0", 0, 65535, "this, whatever it was; 0: leave it")},
                                           "both", "syn+synack"),
                     .declares = declares},
          .make = make_box<Mss>};
}

}  // namespace gauntlet
