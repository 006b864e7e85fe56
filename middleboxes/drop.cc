// drop: drops the selected packets
//
// Every selected packet is dropped, silently; with `kind` (and `subtype`) only segments that carry such an option.
// What is no IP packet passes. The sender is not told: it has its timers.
//
// Parameters:
//   kind=0          only segments with an option of this kind, 2 to 255; 0: all that is selected
//   subtype=any     with kind=30: only these MPTCP subtypes, joined by + (mpc join dss add rm prio fail fclose tcprst)
//   dss=any         with subtype=dss: only those with an infinite mapping (length 0), or those with a DATA_FIN (fin)
//
// Examples:  drop:kind=30,when=syn      drop:when=ack,nth=1,dir=s2c,path=p2 (the ACK that confirms a join)
//
// Seen in the wild: firewalls that drop what they do not know (RFC 8041 section 3.1), lists of "allowed" TCP options,
// loss at the worst moment.
#include <nlohmann/json.hpp>

#include "middleboxes/box.hh"
#include "path/option_filter.hh"
#include "util/error.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

class Drop final : public Middlebox {
 public:
  Drop(const Params& p, Rng) : which_(p, "drop") {
    if (which_.kind() == kOptNop) throw UsageError("drop: kind wants 2 to 255, or 0 for every packet");
  }

  void packet(Packet p, const Seen& seen, Emit& out) override {
    if (seen.layout.version == 0 || !carries(p, seen.layout)) return out.send(std::move(p), seen.toward);
    ++dropped_;
  }
  Json state() const override { return {{"dropped", dropped_}}; }

 private:
  bool carries(const Packet& p, const Layout& layout) const {
    if (which_.kind() == 0 || !layout.tcp) return which_.kind() == 0;
    const ConstBytes options = TcpView(p.bytes(), layout).options();
    OptionWalk walk(options);
    for (Option o; walk.next(o);) {
      if (which_.matches(options, o)) return true;
    }
    return false;
  }

  OptionFilter which_;
  uint64_t dropped_ = 0;
};

std::vector<DeclaredEdit> declares(const Params& p) { return {{"dropped", "", p.text("dir")}}; }

}  // namespace

BoxEntry drop_box() {
  return {.schema = {.name = "drop",
                     .params =
                         with_common(option_params(number("kind", "0", 0, 255, "option kind that it takes; 0: none"))),
                     .declares = declares},
          .make = make_box<Drop>};
}

}  // namespace gauntlet
