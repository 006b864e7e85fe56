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
      for (const MptcpAt& at : mptcp_options(edit.view().options())) {
        MptcpOption option = at.option;
        if (!change(option, edit.view().payload())) continue;
        ++(splice_options(edit, at.offset, at.size, encode(option)) ? changed_ : full_);
        break;  // offsets behind have moved; no sender maps a segment twice
      }
    }
    out.send(std::move(p), seen.toward);
  }
  Json state() const override { return {{"changed", changed_}, {"full", full_}}; }

 private:
  bool change(MptcpOption& option, ConstBytes payload) const {
    if (auto* dss = std::get_if<Dss>(&option); dss != nullptr && dss->mapping) {
      auto& m = *dss->mapping;
      return set(m.checksum, m.dsn8, m.dsn, m.ssn, m.length, payload);
    }
    if (auto* first = std::get_if<MpCapable>(&option); first != nullptr && first->data_length)
      return set(first->checksum, true, idsn_of(*first->sender_key) + 1, 1, *first->data_length, payload);
    return false;
  }

  bool set(std::optional<uint16_t>& checksum, bool whole_dsn, uint64_t dsn, uint32_t ssn, uint16_t length,
           ConstBytes payload) const {
    if (checksum.has_value() == add_) return false;
    checksum.reset();
    if (!add_) return true;
    const bool known = whole_dsn && length == payload.size();
    checksum = value_ >= 0 ? static_cast<uint16_t>(value_) : known ? dss_checksum(dsn, ssn, length, payload) : 0;
    return true;
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
