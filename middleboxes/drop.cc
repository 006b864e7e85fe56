// drop: drops the selected packets
//
// Every selected packet is dropped, silently; with `kind` (and `subtype`) only segments that carry such an option.
// What is no IP packet passes. The sender is not told: it has its timers.
//
// Parameters:
//   kind=0          only segments with an option of this kind, 2 to 255; 0: all that is selected
//   subtype=any     with kind=30: only these MPTCP subtypes, joined by + (mpc join dss add rm prio fail fclose tcprst)
//
// Examples:  drop:kind=30,when=syn      drop:when=ack,nth=1,dir=s2c,path=p2 (the ACK that confirms a join)
//
// Seen in the wild: firewalls that drop what they do not know (RFC 8041 section 3.1), lists of "allowed" TCP options,
// loss at the worst moment.
#include <nlohmann/json.hpp>

#include "middleboxes/box.hh"
#include "mptcp/option.hh"
#include "util/error.hh"
#include "wire/options.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

class Drop final : public Middlebox {
 public:
  Drop(const Params& p, Rng)
      : kind_(static_cast<uint8_t>(p.number("kind"))), subtypes_(classes_named(p.text("subtype"))) {
    if (kind_ == kOptNop) throw UsageError("drop: kind wants 2 to 255, or 0 for every packet");
    if ((subtypes_ & 0xffff & ~kClassAny) != 0)
      throw UsageError("drop: subtype wants MPTCP subtypes, not segment classes");
    if (kind_ != kOptMptcp && !(subtypes_ & kClassAny)) throw UsageError("drop: subtype goes with kind=30");
  }

  void packet(Packet p, const Seen& seen, Emit& out) override {
    if (seen.layout.version == 0 || !carries(p, seen.layout)) return out.send(std::move(p), seen.toward);
    ++dropped_;
  }
  Json state() const override { return {{"dropped", dropped_}}; }

 private:
  bool carries(const Packet& p, const Layout& layout) const {
    if (kind_ == 0) return true;
    if (!layout.tcp) return false;
    const ConstBytes options = TcpView(p.bytes(), layout).options();
    OptionWalk walk(options);
    for (Option o; walk.next(o);) {
      if (o.kind != kind_ || o.malformed) continue;
      if (subtypes_ & kClassAny) return true;
      const auto subtype = subtype_of(options.subspan(o.offset, o.size));
      if (subtype && (subtypes_ & (kClassMpc << static_cast<unsigned>(*subtype)))) return true;
    }
    return false;
  }

  uint8_t kind_;
  Classes subtypes_;
  uint64_t dropped_ = 0;
};

std::vector<DeclaredEdit> declares(const Params& p) { return {{"dropped", "", p.text("dir")}}; }

}  // namespace

BoxEntry drop_box() {
  return {
      .schema = {.name = "drop",
                 .params = with_common({number("kind", "0", 0, 255, "option kind that it takes; 0: none"),
                                        param("subtype", ParamType::classes, "any", "MPTCP subtypes, joined by +")}),
                 .declares = declares},
      .make = make_box<Drop>};
}

}  // namespace gauntlet
