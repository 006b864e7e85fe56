// dsscsum: takes the checksum out of DSS mappings, or puts one in
//
// In the selected segments every mapping that has a checksum loses it, or every one that has none gets one: DSS, and
// MP_CAPABLE with data (RFC 8684 sections 3.3, 3.1). Whether checksums are in use was settled in the handshake; the
// receiver finds it otherwise. NOPs take the place of what goes; where there is no room for more, the option stays.
//
// Parameters:
//   mode=remove     remove or add
//   value=-1        with mode=add: this checksum, 0 to 65535; -1: the right one where the segment holds the whole
//                   mapping and its DSN has 8 bytes, else 0
//
// Examples:  dsscsum:when=data,nth=10,dir=c2s      dsscsum:mode=add,when=data,after=5
//
// Seen in the wild: an adversary more than a box: it shows what RFC 8684 section 3.3 demands of a receiver.
#include <nlohmann/json.hpp>

#include "middleboxes/box.hh"
#include "mptcp/crypto.hh"
#include "mptcp/option.hh"
#include "path/option_place.hh"
#include "path/option_splice.hh"

namespace gauntlet {
namespace {

class Dsscsum final : public Middlebox {
 public:
  Dsscsum(const Params& p, Rng) : add_(p.text("mode") == "add"), value_(p.number("value")) {}

  void packet(Packet p, const Seen& seen, Emit& out) override {
    Layout layout = seen.layout;
    if (layout.tcp) {
      TcpEdit edit(p, layout);
      const ConstBytes options = edit.view().options();
      OptionWalk walk(options);
      for (Option o; walk.next(o);) {
        if (o.kind != kOptMptcp || o.malformed || o.size < 4) continue;
        if (change(edit, o, options.subspan(o.offset, o.size))) break;  // no sender maps a segment twice
      }
    }
    out.send(std::move(p), seen.toward);
  }
  Json state() const override { return {{"changed", changed_}, {"full", full_}}; }

 private:
  bool change(TcpEdit& edit, const Option& o, ConstBytes option) {
    const bool first = subtype_of(option) == Subtype::capable;  // MP_CAPABLE with data: its mapping begins the stream
    const auto length = option_place(option, first ? "datalen"_field : "maplen"_field);
    if (!length) return false;
    const size_t bare = length->at + 2;  // the checksum is the last field
    if (option.size() != (add_ ? bare : bare + 2)) return false;
    std::array<uint8_t, 42> now;
    std::copy_n(option.begin(), bare, now.begin());
    const size_t size = add_ ? bare + 2 : bare;
    now[1] = static_cast<uint8_t>(size);
    if (add_) store16(&now[bare], checksum_of(option, first, length->at, edit.view().payload()));
    ++(splice_options(edit, o.offset, o.size, {now.data(), size}) ? changed_ : full_);
    return true;
  }

  // As far as this option and this segment tell.
  uint16_t checksum_of(ConstBytes option, bool first, size_t length_at, ConstBytes payload) const {
    if (value_ >= 0) return static_cast<uint16_t>(value_);
    const uint16_t length = load16(&option[length_at]);
    const auto number = option_place(option, first ? "key"_field : "dsn"_field);
    if (length != payload.size() || number->size != 8) return 0;
    const uint64_t key_or_dsn = load64(&option[number->at]);
    if (first) return dss_checksum(idsn_of(key_or_dsn) + 1, 1, length, payload);
    return dss_checksum(key_or_dsn, load32(&option[length_at - 4]), length, payload);
  }

  bool add_;
  int64_t value_;
  uint64_t changed_ = 0, full_ = 0;  // full: no room for it
};

std::vector<DeclaredEdit> declares(const Params& p) {
  std::vector<DeclaredEdit> all;  // two bytes of the option become two of padding, or the other way round
  for (const char* field : {"option 30/dss", "option 30/mpc", "option padding"})
    all.push_back({"value_changed", field, p.text("dir")});
  return all;
}

}  // namespace

BoxEntry dsscsum_box() {
  return {.schema = {.name = "dsscsum",
                     .params = with_common({choice("mode", {"remove", "add"}, "which way"),
                                            number("value", "-1", -1, 65535, "this checksum; -1: the right one")},
                                           "both", "data"),
                     .declares = declares},
          .make = make_box<Dsscsum>};
}

}  // namespace gauntlet
