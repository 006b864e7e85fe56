// seq: rewrites sequence numbers by a constant
//
// A flow's sequence numbers are shifted in the direction(s) of `dir`, from the first selected packet on: with the
// default `when` that is the SYN, which makes it a rewriter of initial sequence numbers. What comes back is shifted
// back: acknowledgements, SACK blocks, and the segments that ICMP errors quote. Offsets inside MPTCP options are
// relative and stay right.
//
// Parameters:
//   offset=0        added to the sequence numbers; 0: another random number for each flow and direction
//   ack=yes         translate the acknowledgement numbers of the other direction
//   sack=yes        translate its SACK blocks
//   quotes=yes      translate what ICMP errors quote
//
// Examples:  seq:dir=both      seq:dir=c2s,sack=no      seq:offset=1000,after=20 (a fail-over to a box that rewrites)
//
// Seen in the wild: firewalls that randomise initial sequence numbers (Cisco ASA by default), on about 10 % of paths;
// some leave the SACK blocks as they were.
#include "middleboxes/box.hh"
#include "connection/quote_shift.hh"
#include "path/per_flow.hh"
#include "path/sack.hh"

namespace gauntlet {
namespace {

class Seq final : public Middlebox {
 public:
  Seq(const Params& p, Rng rng)
      : rng_(rng),
        offset_(static_cast<uint32_t>(p.number("offset"))),
        ack_(p.flag("ack")),
        sack_(p.flag("sack")),
        quotes_(p.flag("quotes")) {}

  void packet(Packet p, const Seen& seen, Emit& out) override {
    if (seen.flow == kNoFlow) {
      if (quotes_ && seen.quoted != kNoFlow) quote(p, seen);
      return out.send(std::move(p), seen.toward);
    }
    Shift& shift = flows_.heir(seen);
    const auto way = static_cast<size_t>(seen.toward);
    if (seen.selected && shift.by[way] == 0 && seen.facts->isn_known[way]) {
      shift.by[way] = offset_ != 0 ? offset_ : static_cast<uint32_t>(1 + rng_.below(UINT32_MAX));
    }
    Layout layout = seen.layout;
    TcpEdit edit(p, layout);
    if (shift.by[way] != 0) edit.set_seq(edit.view().seq() + shift.by[way]);
    if (const uint32_t back = shift.by[1 - way]; back != 0 && edit.view().has(kAck)) {
      if (ack_) edit.set_ack(edit.view().ack() - back);
      if (sack_) map_sack(edit, [&](uint32_t& left, uint32_t& right) { left -= back, right -= back; });
    }
    out.send(std::move(p), seen.toward);
  }

 private:
  struct Shift {
    uint32_t by[2] = {0, 0};  // by direction of travel; 0: not begun
  };

  // The quoted segment went the other way and was shifted here: its sender gets to see its own numbers.
  void quote(Packet& p, const Seen& seen) {
    const Shift* shift = flows_.find(seen.quoted, seen.quoted_facts->serial);
    if (shift == nullptr) return;
    const auto way = static_cast<size_t>(opposite(seen.toward));
    shift_quote(p, seen.layout, 0 - shift->by[way], ack_ ? shift->by[1 - way] : 0);
  }

  Rng rng_;
  uint32_t offset_;
  bool ack_, sack_, quotes_;
  PerFlow<Shift> flows_;
};

std::vector<DeclaredEdit> declares(const Params& p) {
  std::vector<DeclaredEdit> all;
  const bool late = p.given("after") || p.given("nth") || p.given("when");
  for (const auto& [dir, back] : {std::pair{"c2s", "s2c"}, {"s2c", "c2s"}}) {
    if (p.text("dir") != "both" && p.text("dir") != dir) continue;
    all.push_back({late ? "seq_shift_from" : "isn_shift", "seq", dir});
    if (late) all.push_back({"checksum_broken", "dss checksum", dir});  // mappings name the places of before
    if (p.flag("ack")) all.push_back({"ack_shift", "ack", back});
    if (!p.flag("sack")) all.push_back({"sack_not_shifted", "option 5", back});
  }
  return all;
}

}  // namespace

BoxEntry seq_box() {
  return {
      .schema = {.name = "seq",
                 .params = with_common({number("offset", "0", 0, UINT32_MAX, "added to sequence numbers; 0: random"),
                                        param("ack", ParamType::boolean, "yes", "translate acknowledgements"),
                                        param("sack", ParamType::boolean, "yes", "translate SACK blocks"),
                                        param("quotes", ParamType::boolean, "yes", "translate ICMP quotes")}),
                 .declares = declares},
      .make = make_box<Seq>,
      .sees_all = true};
}

}  // namespace gauntlet
