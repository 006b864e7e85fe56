// pmtu: a path MTU black hole
//
// Selected packets above a size vanish, and nobody is told: no ICMP error, whatever their DF bit says.
//
// Parameters:
//   size=1400       largest IP packet that passes, in bytes
//
// Example:  pmtu:size=1400,path=p1
//
// Seen in the wild: tunnels behind firewalls that drop all ICMP (RFC 2923).
#include <nlohmann/json.hpp>

#include "middleboxes/box.hh"

namespace gauntlet {
namespace {

class Pmtu final : public Middlebox {
 public:
  Pmtu(const Params& p, Rng) : size_(static_cast<size_t>(p.number("size"))) {}
  void packet(Packet p, const Seen& seen, Emit& out) override {
    if (seen.layout.version == 0 || p.size() <= size_) return out.send(std::move(p), seen.toward);
    ++dropped_;
  }
  Json state() const override { return {{"dropped", dropped_}}; }

 private:
  size_t size_;
  uint64_t dropped_ = 0;
};

std::vector<DeclaredEdit> declares(const Params& p) { return {{"dropped", "", p.text("dir")}}; }

}  // namespace

BoxEntry pmtu_box() {
  return {.schema = {.name = "pmtu",
                     .params = with_common({number("size", "1400", 68, 65575, "largest IP packet that passes")}),
                     .declares = declares},
          .make = make_box<Pmtu>};
}

}  // namespace gauntlet
