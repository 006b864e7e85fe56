// kind: changes the kind of a TCP option
//
// Every matching option of a selected segment gets another kind byte; its length and bytes stay. To a receiver that
// does not know the new kind the option is gone.
//
// Parameters:
//   kind=30         option kind to change, 2 to 255
//   to=253          what it becomes, 2 to 255 (253: for experiments, RFC 6994)
//
// Example:  kind:when=syn
//
// Seen in the wild: boxes that keep a number of their own for options they want to hide.
#include "middleboxes/box.hh"
#include "wire/options.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

class Kind final : public Middlebox {
 public:
  Kind(const Params& p, Rng)
      : kind_(static_cast<uint8_t>(p.number("kind"))), to_(static_cast<uint8_t>(p.number("to"))) {}

  void packet(Packet p, const Seen& seen, Emit& out) override {
    Layout layout = seen.layout;
    if (layout.tcp) {
      TcpEdit edit(p, layout);
      OptionWalk walk(edit.view().options());
      for (Option o; walk.next(o);) {
        if (o.kind == kind_ && !o.malformed) edit.write_options(o.offset, {&to_, 1});
      }
    }
    out.send(std::move(p), seen.toward);
  }

 private:
  uint8_t kind_, to_;
};

std::vector<DeclaredEdit> declares(const Params& p) {
  const std::string& dir = p.text("dir");
  return {{"removed", "option " + std::to_string(p.number("kind")), dir},
          {"added", "option " + std::to_string(p.number("to")), dir}};
}

}  // namespace

BoxEntry kind_box() {
  return {.schema = {.name = "kind",
                     .params = with_common(
                         {number("kind", "30", 2, 255, "option kind"), number("to", "253", 2, 255, "what it becomes")}),
                     .declares = declares},
          .make = make_box<Kind>};
}

}  // namespace gauntlet
