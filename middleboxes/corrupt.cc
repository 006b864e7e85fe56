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
#include <array>
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
      : subtypes_(classes_named(p.text("subtype"))), field_(option_field(p.text("field"))), set_(p.number("set") >= 0) {
    if ((subtypes_ & 0xffff) != 0) throw UsageError("corrupt: subtype wants MPTCP subtypes, not segment classes");
    if ((" " + std::string(kOptionFields) + " ").find(" " + p.text("field") + " ") == std::string::npos)
      throw UsageError("corrupt: no field '" + p.text("field") + "'; there are " + std::string(kOptionFields));
    const std::string& flip = p.text("xor");
    for (size_t i = 0; i < value_.size(); ++i) {
      uint8_t& byte = value_[value_.size() - 1 - i];
      if (set_ && i < 8) byte = static_cast<uint8_t>(p.number("set") >> (8 * i));
      if (!set_ && i < flip.size()) byte = static_cast<uint8_t>(flip[flip.size() - 1 - i]);
    }
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
    const uint8_t *was = &option[place->at], *value = value_.data() + value_.size() - place->size;
    const auto shift = std::countr_zero(place->mask);
    const int kept = set_ ? ~place->mask : 0xff;
    for (size_t i = 0; i < place->size; ++i)
      bytes[i] = static_cast<uint8_t>((was[i] & kept) ^ ((value[i] << shift) & place->mask));
    edit.write_options(o.offset + place->at, {bytes, place->size});
  }

  Classes subtypes_;
  OptionField field_;
  bool set_;                         // else flip
  std::array<uint8_t, 40> value_{};  // its last bytes are those of the field
};

std::vector<DeclaredEdit> declares(const Params& p) {
  const std::string& dir = p.text("dir");
  // Options are told apart by their subtype and length: with those changed it is another option, or none at all.
  if (p.text("field") == "length" || p.text("field") == "subtype")
    return {{"removed", "", dir}, {"added", "", dir}, {"value_changed", "", dir}};
  std::vector<DeclaredEdit> all{{"value_changed", "option 30", dir}};
  // What a mapping's checksum covers, or says where it is (RFC 8684 sections 3.1, 3.3.1).
  constexpr std::string_view kMapped = " dsn ssn maplen csum flags fin key datalen ";
  if (kMapped.find(" " + p.text("field") + " ") != std::string_view::npos)
    all.push_back({"checksum_broken", "dss checksum", dir});
  return all;
}

}  // namespace

BoxEntry corrupt_box() {
  return {.schema = {.name = "corrupt",
                     .params =
                         with_common({required(param("subtype", ParamType::classes, "", "MPTCP subtypes, joined by +")),
                                      required(param("field", ParamType::text, "", "what to change")),
                                      param("xor", ParamType::hex, "01", "bits to flip"),
                                      number("set", "-1", -1, INT64_MAX, "this value; -1: by xor")}),
                     .declares = declares},
          .make = make_box<Corrupt>};
}

}  // namespace gauntlet
