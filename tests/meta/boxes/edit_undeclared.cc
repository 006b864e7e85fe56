// A fault for tests/meta: changes the window, as it declares, and the urgent pointer, which it does not.
#include "meta_boxes.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

class EditUndeclared : public Middlebox {
 public:
  void packet(Packet packet, const Seen& seen, Emit& out) override {
    Layout layout = seen.layout;
    TcpEdit edit(packet, layout);
    edit.set_window(static_cast<uint16_t>(edit.view().window() ^ 1));                 // declared
    edit.set_urgent(static_cast<uint16_t>(edit.view().urgent() + 1));                 // not declared
    out.send(std::move(packet), seen.toward);
  }
};

}  // namespace

const BoxEntry kEditUndeclared{
    {.name = "meta-undeclared",
     .summary = "changes the window as declared, and the urgent pointer, which it does not declare",
     .manual = {},
     .params = with_common({}),
     .declares = [](const Params&) { return std::vector<DeclaredEdit>{{"window_changed", "", "both"}}; }},
    [](const Params&, Rng) -> std::unique_ptr<Middlebox> { return std::make_unique<EditUndeclared>(); },
    false};

}  // namespace gauntlet
