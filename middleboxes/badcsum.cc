// badcsum: breaks a checksum
//
// The TCP checksum of the selected segments is made wrong, or the header checksum of selected IPv4 packets. Everything
// else stays; a receiver drops such a packet, and its sender retransmits.
//
// Parameters:
//   field=tcp       tcp or ip
//   add=1           how wrong: added to the field as it stands
//
// Example:  badcsum:when=data,nth=5,count=3
//
// Seen in the wild: cards and boxes that edit a packet and forget its checksum.
#include "middleboxes/box.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

class Badcsum final : public Middlebox {
 public:
  Badcsum(const Params& p, Rng) : ip_(p.text("field") == "ip"), add_(static_cast<uint16_t>(p.number("add"))) {}

  void packet(Packet p, const Seen& seen, Emit& out) override {
    Layout layout = seen.layout;
    if (ip_ && layout.version == 4) {
      store16(p.data() + 10, wrong(load16(p.data() + 10)));
    } else if (!ip_ && layout.tcp) {
      TcpEdit edit(p, layout);
      edit.set_checksum_raw(wrong(edit.view().checksum()));
    }
    out.send(std::move(p), seen.toward);
  }

 private:
  // 0 and 0xffff are the same sum: an addition that only turns one into the other breaks nothing.
  uint16_t wrong(uint16_t sum) const {
    const auto w = static_cast<uint16_t>(sum + add_);
    return w % 0xffff == sum % 0xffff ? static_cast<uint16_t>(w + 1) : w;
  }

  bool ip_;
  uint16_t add_;
};

std::vector<DeclaredEdit> declares(const Params& p) {
  return {{"checksum_broken", p.text("field") + " checksum", p.text("dir")}};
}

}  // namespace

BoxEntry badcsum_box() {
  return {.schema = {.name = "badcsum",
                     .params = with_common(
                         {choice("field", {"tcp", "ip"}, "whose checksum"), number("add", "1", 1, 65534, "how wrong")}),
                     .declares = declares},
          .make = make_box<Badcsum>};
}

}  // namespace gauntlet
