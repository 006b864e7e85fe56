// corrupt: changes one field of MPTCP options
//
// In the selected segments, every MPTCP option of `subtype` that has the field gets another value in it; nothing else
// changes, not even a length byte that would have to.
//
// Parameters:
//   subtype=        mpc join dss add rm prio fail fclose or tcprst; several joined by +; required
//   field=          what to change; required. Any: length subtype. mpc: version A B C H reserved flags key peerkey
//                   datalen csum. join: token nonce hmac addrid bkup reserved. dss: flags fin reserved dack dsn ssn
//                   maplen csum. add: echo addrid address port hmac reserved. rm: addrid addrids reserved. prio: bkup
//                   reserved. fail: dsn reserved. fclose: key reserved. tcprst: U V W T reason
//   xor=01          hex: flips these bits, counted from the field's last one
//   set=-1          instead: this number, 0 or more
//
// Examples:  corrupt:subtype=mpc,field=key,when=synack      corrupt:subtype=dss,field=csum,nth=10,dir=c2s
//
// Seen in the wild: "middlebox corrupting the options" (RFC 8684 section 3.1); echoing hosts and broken firewalls.
#include <algorithm>
#include <bit>

#include "middleboxes/box.hh"
#include "mptcp/option.hh"
#include "path/option_place.hh"
#include "util/error.hh"
#include "wire/options.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

class Corrupt final : public Middlebox {
 public:
  Corrupt(const Params& p, Rng)
      : subtypes_(classes_named(p.text("subtype"))),
        field_(p.text("field")),
        xor_(p.text("xor")),
        set_(p.number("set")) {
    if ((subtypes_ & 0xffff) != 0) throw UsageError("corrupt: subtype wants MPTCP subtypes, not segment classes");
    if ((" " + std::string(kOptionFields) + " ").find(" " + field_ + " ") == std::string::npos)
      throw UsageError("corrupt: no field '" + field_ + "'; there are " + std::string(kOptionFields));
  }

  void packet(Packet p, const Seen& seen, Emit& out) override {
    Layout layout = seen.layout;
    if (layout.tcp) {
      TcpEdit edit(p, layout);
      OptionWalk walk(edit.view().options());
      for (Option o; walk.next(o);) {
        const ConstBytes option = edit.view().options().subspan(o.offset, o.size);
        if (o.kind == kOptMptcp && !o.malformed && o.size >= 3 && wanted(option)) change(edit, o, option);
      }
    }
    out.send(std::move(p), seen.toward);
  }

 private:
  bool wanted(ConstBytes option) const {
    const auto subtype = subtype_of(option);
    return subtype && (subtypes_ & (kClassMpc << static_cast<unsigned>(*subtype)));
  }

  void change(TcpEdit& edit, const Option& o, ConstBytes option) const {
    const auto place = option_place(option, field_);
    if (!place) return;
    uint8_t bytes[40];
    std::copy_n(&option[place->at], place->size, bytes);
    const auto shift = std::countr_zero(place->mask);
    for (size_t i = 0; i < place->size; ++i) {  // from the last byte on
      uint8_t& b = bytes[place->size - 1 - i];
      const auto x = i < xor_.size() ? static_cast<uint8_t>(xor_[xor_.size() - 1 - i]) : uint8_t{0};
      const auto v = i < 8 ? static_cast<uint8_t>(set_ >> (8 * i)) : uint8_t{0};
      const int change = set_ >= 0 ? (v << shift) ^ b : x << shift;
      b = static_cast<uint8_t>(b ^ (change & place->mask));
    }
    edit.write_options(o.offset + place->at, {bytes, place->size});
  }

  Classes subtypes_;
  std::string field_;
  std::string xor_;
  int64_t set_;
};

std::vector<DeclaredEdit> declares(const Params& p) {
  const std::string& dir = p.text("dir");
  // Options are told apart by their subtype and length: with those changed it is another option, or none at all.
  if (p.text("field") == "length" || p.text("field") == "subtype")
    return {{"removed", "", dir}, {"added", "", dir}, {"value_changed", "", dir}};
  return {{"value_changed", "option 30", dir}};
}

}  // namespace

BoxEntry corrupt_box() {
  ParamSpec subtype = param("subtype", ParamType::classes, "", "MPTCP subtypes, joined by +");
  ParamSpec field = param("field", ParamType::text, "", "what to change");
  subtype.required = field.required = true;
  return {.schema = {.name = "corrupt",
                     .params = with_common({subtype, field, param("xor", ParamType::hex, "01", "bits to flip"),
                                            number("set", "-1", -1, INT64_MAX, "this value; -1: by xor")}),
                     .declares = declares},
          .make = make_box<Corrupt>};
}

}  // namespace gauntlet
