// swap: exchanges two aligned 16-bit words of the payload
//
// In the selected data segments the words at `first` and `second` change places. A sum of 16-bit words does not see it:
// neither TCP's checksum nor the DSS checksum. Segments too short for both words pass.
//
// Parameters:
//   first=0         word, counted from the first payload byte: 0 is bytes 0 and 1
//   second=1        another one
//
// Example:  swap:first=0,second=9,when=data,nth=20,dir=c2s
//
// Seen in the wild: memory and bus faults in routers (Stone and Partridge, SIGCOMM 2000).
#include <algorithm>

#include "middleboxes/box.hh"
#include "util/error.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

class Swap final : public Middlebox {
 public:
  Swap(const Params& p, Rng)
      : first_(static_cast<size_t>(p.number("first")) * 2), second_(static_cast<size_t>(p.number("second")) * 2) {
    if (first_ == second_) throw UsageError("swap: first and second are the same word");
  }

  void packet(Packet p, const Seen& seen, Emit& out) override {
    Layout layout = seen.layout;
    if (layout.tcp && std::max(first_, second_) + 2 <= layout.payload_size) {
      TcpEdit edit(p, layout);
      uint8_t a[2], b[2];
      store16(a, load16(&edit.view().payload()[first_]));
      store16(b, load16(&edit.view().payload()[second_]));
      if (load16(a) != load16(b)) {
        edit.write_payload(first_, b);
        edit.write_payload(second_, a);
      }
    }
    out.send(std::move(p), seen.toward);
  }

 private:
  size_t first_, second_;  // bytes
};

std::vector<DeclaredEdit> declares(const Params& p) { return {{"changed", "payload", p.text("dir")}}; }

}  // namespace

BoxEntry swap_box() {
  return {.schema = {.name = "swap",
                     .params = with_common({number("first", "0", 0, 32767, "word from the first payload byte"),
                                            number("second", "1", 0, 32767, "another one")},
                                           "both", "data"),
                     .declares = declares},
          .make = make_box<Swap>};
}

}  // namespace gauntlet
