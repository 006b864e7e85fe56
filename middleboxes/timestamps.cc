// timestamps: shifts TCP timestamps by a constant
//
// The time stamps of a flow's packets in the direction(s) of `dir` are shifted from the first selected packet on; the
// echoes that come back are shifted back (RFC 7323 section 3). Without echo=yes the sender gets to see times that it
// never sent.
//
// Parameters:
//   offset=0        added to them; 0: another random number for each flow and direction
//   echo=yes        translate the echoes of the other direction
//
// Examples:  timestamps      timestamps:offset=-1000,dir=c2s,echo=no
//
// Seen in the wild: packet filters that hide uptimes and hosts behind a NAT by modulating timestamps (OpenBSD's pf).
#include "middleboxes/box.hh"
#include "path/per_flow.hh"
#include "wire/options.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

class Timestamps final : public Middlebox {
 public:
  Timestamps(const Params& p, Rng rng)
      : rng_(rng), offset_(static_cast<uint32_t>(p.number("offset"))), echo_(p.flag("echo")) {}

  void packet(Packet p, const Seen& seen, Emit& out) override {
    if (seen.flow != kNoFlow) {
      auto& shift = flows_.heir(seen).by;
      const auto way = static_cast<size_t>(seen.toward);
      if (seen.selected && shift[way] == 0)
        shift[way] = offset_ != 0 ? offset_ : static_cast<uint32_t>(1 + rng_.below(UINT32_MAX));
      Layout layout = seen.layout;
      change(TcpEdit(p, layout), shift[way], shift[1 - way]);
    }
    out.send(std::move(p), seen.toward);
  }

 private:
  struct Shift {
    uint32_t by[2] = {0, 0};  // by direction of travel; 0: not begun
  };

  void change(TcpEdit edit, uint32_t own, uint32_t other) const {
    const ConstBytes options = edit.view().options();
    const Option o = find_option(options, kOptTimestamp);
    if (o.size != 10) return;
    uint8_t bytes[8];
    store32(bytes, load32(&options[o.offset + 2u]) + own);
    const uint32_t echoed = load32(&options[o.offset + 6u]);
    const bool means = echo_ && edit.view().has(kAck);  // without ACK the echo says nothing
    store32(bytes + 4, means ? echoed - other : echoed);
    if (own != 0 || (means && other != 0)) edit.write_options(o.offset + 2u, bytes);
  }

  Rng rng_;
  uint32_t offset_;
  bool echo_;
  PerFlow<Shift> flows_;
};

std::vector<DeclaredEdit> declares(const Params& p) {
  return {{"value_changed", "option 8", p.flag("echo") ? "both" : p.text("dir")}};
}

}  // namespace

BoxEntry timestamps_box() {
  return {.schema = {.name = "timestamps",
                     .params = with_common({number("offset", "0", INT32_MIN, INT32_MAX, "added; 0: random"),
                                            param("echo", ParamType::boolean, "yes", "translate the echoes")}),
                     .declares = declares},
          .make = make_box<Timestamps>,
          .sees_all = true};
}

}  // namespace gauntlet
