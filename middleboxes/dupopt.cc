// dupopt: repeats a TCP option
//
// The first option of this kind in a selected segment stands there twice, the copy right behind it, where 40 bytes
// suffice; else the segment passes as it is.
//
// Parameters:
//   kind=30         option kind, 2 to 255
//
// Example:  dupopt:when=syn
//
// Seen in the wild: network cards that copy options too often; two tools that both add the same option.
#include <nlohmann/json.hpp>

#include "middleboxes/box.hh"
#include "path/option_splice.hh"

namespace gauntlet {
namespace {

class Dupopt final : public Middlebox {
 public:
  Dupopt(const Params& p, Rng) : kind_(static_cast<uint8_t>(p.number("kind"))) {}

  void packet(Packet p, const Seen& seen, Emit& out) override {
    Layout layout = seen.layout;
    if (layout.tcp) {
      TcpEdit edit(p, layout);
      const ConstBytes options = edit.view().options();
      if (const Option o = find_option(options, kind_); o.size != 0) {
        std::array<uint8_t, 40> copy;
        std::copy_n(options.begin() + o.offset, o.size, copy.begin());
        if (!splice_options(edit, o.offset + o.size, 0, {copy.data(), o.size})) ++full_;
      }
    }
    out.send(std::move(p), seen.toward);
  }
  Json state() const override { return {{"full", full_}}; }

 private:
  uint8_t kind_;
  uint64_t full_ = 0;  // no room for a copy
};

std::vector<DeclaredEdit> declares(const Params& p) {
  return {{"added", "option " + std::to_string(p.number("kind")), p.text("dir")}};
}

}  // namespace

BoxEntry dupopt_box() {
  return {.schema = {.name = "dupopt",
                     .params = with_common({number("kind", "30", 2, 255, "option kind")}),
                     .declares = declares},
          .make = make_box<Dupopt>};
}

}  // namespace gauntlet
