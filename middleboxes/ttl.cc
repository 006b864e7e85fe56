// ttl: sets the TTL or hop limit
//
// Every selected packet leaves with this TTL (IPv4) or hop limit (IPv6), before the routers behind the box take theirs.
// Too low a value loses the packet further on. What is no IP packet passes.
//
// Parameters:
//   set=64          1 to 255
//
// Example:  ttl:set=255
//
// Seen in the wild: firewalls that hide their hops, carriers that look for tethering.
#include "middleboxes/box.hh"
#include "path/ip_edit.hh"

namespace gauntlet {
namespace {

class Ttl final : public Middlebox {
 public:
  Ttl(const Params& p, Rng) : set_(static_cast<uint8_t>(p.number("set"))) {}
  void packet(Packet p, const Seen& seen, Emit& out) override {
    if (seen.layout.version != 0 && hop_limit(std::as_const(p).bytes(), seen.layout) != set_) {
      set_hop_limit(p, seen.layout, set_);
    }
    out.send(std::move(p), seen.toward);
  }

 private:
  uint8_t set_;
};

std::vector<DeclaredEdit> declares(const Params& p) { return {{"ttl_delta", "", p.text("dir")}}; }

}  // namespace

BoxEntry ttl_box() {
  return {.schema = {.name = "ttl",
                     .params = with_common({number("set", "64", 1, 255, "TTL or hop limit")}),
                     .declares = declares},
          .make = make_box<Ttl>};
}

}  // namespace gauntlet
