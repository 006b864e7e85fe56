// optorder: changes the order of TCP options
//
// In the selected segments the same options stand in another order; not a byte is added or taken away. NOPs move like
// options do. What follows EOL stays behind it, and a block with a malformed option stays as it is.
//
// Parameters:
//   order=reverse   reverse; first or last: the option of `kind` moves there; shuffle: anew for each segment
//   kind=30         the option that moves, with first and last: 2 to 255
//
// Examples:  optorder:when=syn      optorder:order=last,kind=30      optorder:order=shuffle,dir=c2s
//
// Seen in the wild: boxes and stacks that parse a header and write their own; fingerprint scrubbers. RFC 9293 section
// 3.2 gives the order of options no meaning.
#include <algorithm>
#include <array>
#include <functional>

#include "middleboxes/box.hh"
#include "wire/options.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

class Optorder final : public Middlebox {
 public:
  Optorder(const Params& p, Rng rng)
      : rng_(rng), order_(p.text("order")[0]), kind_(static_cast<uint8_t>(p.number("kind"))) {}

  void packet(Packet p, const Seen& seen, Emit& out) override {
    Layout layout = seen.layout;
    if (layout.tcp && layout.options_size > 0) change(TcpEdit(p, layout));
    out.send(std::move(p), seen.toward);
  }

 private:
  struct Piece {  // left as it is made: forty are on the stack for every segment
    uint8_t kind, at, size;
  };

  void change(TcpEdit edit) {
    const ConstBytes options = edit.view().options();
    std::array<Piece, 40> all;
    size_t n = 0;
    OptionWalk walk(options);
    for (Option o; walk.next(o) && o.kind != kOptEol;) {
      if (o.malformed) return;
      all[n++] = {o.kind, static_cast<uint8_t>(o.offset), static_cast<uint8_t>(o.size)};
    }
    rearrange(all.data(), all.data() + n);
    std::array<uint8_t, 40> block;
    size_t to = 0;
    for (size_t i = 0; i < n; ++i) {
      if (all[i].size == 1) block[to] = options[all[i].at];  // mostly NOPs
      if (all[i].size > 1) std::copy_n(options.begin() + all[i].at, all[i].size, block.begin() + to);
      to += all[i].size;
    }
    if (!std::equal(block.begin(), block.begin() + to, options.begin())) edit.write_options(0, {block.data(), to});
  }

  void rearrange(Piece* from, Piece* to) {
    const auto moves = [&](const Piece& o) { return o.kind == kind_; };
    if (order_ == 'r') return std::reverse(from, to);
    if (order_ == 'f') return void(std::stable_partition(from, to, moves));
    if (order_ == 'l') return void(std::stable_partition(from, to, std::not_fn(moves)));
    for (auto left = static_cast<size_t>(to - from); left > 1; --left)
      std::swap(from[left - 1], from[rng_.below(left)]);
  }

  Rng rng_;
  char order_;  // reverse, first, last, shuffle: the first letter
  uint8_t kind_;
};

std::vector<DeclaredEdit> declares(const Params& p) {
  return {{"option_reordered", "", p.text("dir")}, {"value_changed", "option padding", p.text("dir")}};
}

}  // namespace

BoxEntry optorder_box() {
  return {.schema = {.name = "optorder",
                     .params = with_common({choice("order", {"reverse", "first", "last", "shuffle"}, "the new order"),
                                            number("kind", "30", 2, 255, "the option that moves")}),
                     .declares = declares},
          .make = make_box<Optorder>};
}

}  // namespace gauntlet
