// The honest sibling of the faulty boxes: changes the window by one unit, as it declares. The same cell with it must pass.
#include "meta_boxes.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

class Window : public Middlebox {
 public:
  void packet(Packet packet, const Seen& seen, Emit& out) override {
    Layout layout = seen.layout;
    TcpEdit edit(packet, layout);
    edit.set_window(static_cast<uint16_t>(edit.view().window() ^ 1));
    out.send(std::move(packet), seen.toward);
  }
};

}  // namespace

const BoxEntry kWindow{{.name = "meta-window",
                        .summary = "changes the window by one unit",
                        .manual = {},
                        .params = with_common({}),
                        .declares = [](const Params&) { return std::vector<DeclaredEdit>{{"window_changed", "", "both"}}; }},
                       [](const Params&, Rng) -> std::unique_ptr<Middlebox> { return std::make_unique<Window>(); },
                       false};

}  // namespace gauntlet
