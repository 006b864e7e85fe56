// pass: sends every packet on, untouched
//
// The box that does nothing: what a plain router is. It shows what the apparatus itself costs and changes (nothing but
// TTL).
//
// Parameters: none of its own.
//
// Example:  gauntlet box pass --read in.pcap --write out.pcap --dir-by client=192.0.2.1
//
// Seen in the wild: any path without interference.
#include "middleboxes/box.hh"

namespace gauntlet {
namespace {

class Pass final : public Middlebox {
 public:
  Pass(const Params&, Rng) {}
  void packet(Packet p, const Seen& seen, Emit& out) override { out.send(std::move(p), seen.toward); }
};

std::vector<DeclaredEdit> declares(const Params&) { return {}; }

}  // namespace

BoxEntry pass_box() {
  return {.schema = {.name = "pass", .params = with_common({}), .declares = declares}, .make = make_box<Pass>};
}

}  // namespace gauntlet
