// addopt: adds a TCP option
//
// Puts the given bytes in front of a selected segment's options, and NOPs behind them up to a whole word, where 40
// bytes suffice; else the segment passes as it is.
//
// Parameters:
//   option=         hex: the option, kind byte first; required. It need not be well-formed
//
// Example:  addopt:option=fd0401f2,when=syn
//
// Seen in the wild: boxes that mark users or flows for others of their kind (RFC 7974).
#include <nlohmann/json.hpp>

#include "middleboxes/box.hh"
#include "path/option_splice.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

class Addopt final : public Middlebox {
 public:
  Addopt(const Params& p, Rng) : option_(p.text("option").begin(), p.text("option").end()) {
    if (option_.empty() || option_.size() > 40) throw UsageError("addopt: option wants 1 to 40 bytes");
  }

  void packet(Packet p, const Seen& seen, Emit& out) override {
    Layout layout = seen.layout;
    if (layout.tcp) {
      TcpEdit edit(p, layout);
      if (!splice_options(edit, 0, 0, option_)) ++full_;
    }
    out.send(std::move(p), seen.toward);
  }
  Json state() const override { return {{"full", full_}}; }

 private:
  std::vector<uint8_t> option_;
  uint64_t full_ = 0;  // no room for it
};

std::vector<DeclaredEdit> declares(const Params& p) {
  return {{"added", "", p.text("dir")}, {"value_changed", "option padding", p.text("dir")}};
}

}  // namespace

BoxEntry addopt_box() {
  return {
      .schema = {.name = "addopt",
                 .params = with_common({required(param("option", ParamType::hex, "", "the option, kind byte first"))}),
                 .declares = declares},
      .make = make_box<Addopt>};
}

}  // namespace gauntlet
