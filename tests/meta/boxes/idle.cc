// A fault for tests/meta: declares an edit and never makes it.
#include "meta_boxes.hh"

namespace gauntlet {
namespace {

class Idle : public Middlebox {
 public:
  void packet(Packet packet, const Seen& seen, Emit& out) override { out.send(std::move(packet), seen.toward); }
};

}  // namespace

const BoxEntry kIdle{{.name = "meta-idle",
                      .summary = "declares that it changes the window and does nothing",
                      .manual = {},
                      .params = with_common({}),
                      .declares = [](const Params&) { return std::vector<DeclaredEdit>{{"window_changed", "", "both"}}; }},
                     [](const Params&, Rng) -> std::unique_ptr<Middlebox> { return std::make_unique<Idle>(); },
                     false};

}  // namespace gauntlet
