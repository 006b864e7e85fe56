// tos: rewrites DSCP and ECN
//
// Sets the six DSCP bits, the two ECN bits, or both, in IPv4's type of service or IPv6's traffic class. TCP's own ECN
// flags are for the box `flags`. What is no IP packet passes.
//
// Parameters:
//   dscp=-1         0 to 63; -1: leave it
//   ecn=keep        keep, not (not ECN-capable), ect0, ect1 or ce (congestion experienced)
//
// Examples:  tos:ecn=not      tos:ecn=ce,when=data      tos:dscp=0
//
// Seen in the wild: routers that bleach the whole byte, borders between DiffServ domains.
#include "middleboxes/box.hh"
#include "path/ip_edit.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

class Tos final : public Middlebox {
 public:
  Tos(const Params& p, Rng) : dscp_(p.number("dscp")) {
    const std::string& ecn = p.text("ecn");
    ecn_ = ecn == "keep" ? -1 : ecn == "not" ? 0 : ecn == "ect0" ? 2 : ecn == "ect1" ? 1 : 3;  // RFC 3168 5
    if (dscp_ < 0 && ecn_ < 0) throw UsageError("tos: give dscp or ecn");
  }

  void packet(Packet p, const Seen& seen, Emit& out) override {
    if (seen.layout.version != 0) {
      const uint8_t had = traffic_class(std::as_const(p).bytes(), seen.layout);
      const int64_t dscp = dscp_ < 0 ? had >> 2 : dscp_, ecn = ecn_ < 0 ? had & 3 : ecn_;
      const auto now = static_cast<uint8_t>(dscp << 2 | ecn);
      if (now != had) set_traffic_class(p, seen.layout, now);
    }
    out.send(std::move(p), seen.toward);
  }

 private:
  int64_t dscp_, ecn_;
};

std::vector<DeclaredEdit> declares(const Params& p) {
  std::vector<DeclaredEdit> all;
  if (p.number("dscp") >= 0) all.push_back({"dscp_ecn_changed", "dscp", p.text("dir")});
  if (p.text("ecn") != "keep") all.push_back({"dscp_ecn_changed", "ecn", p.text("dir")});
  return all;
}

}  // namespace

BoxEntry tos_box() {
  return {.schema = {.name = "tos",
                     .params = with_common({number("dscp", "-1", -1, 63, "DSCP; -1: leave it"),
                                            choice("ecn", {"keep", "not", "ect0", "ect1", "ce"}, "ECN bits")}),
                     .declares = declares},
          .make = make_box<Tos>};
}

}  // namespace gauntlet
