// flags: sets and clears TCP flags, reserved bits and the urgent pointer
//
// Of the selected segments. Nothing else follows: with FIN or SYN set, sequence numbers are not what they seem.
//
// Parameters:
//   set=            letters of F S R P A U E C (FIN SYN RST PSH ACK URG ECE CWR)
//   clear=          the same
//   reserved=-1     the four reserved bits, 0 to 15; -1: leave them
//   urgent=-1       the urgent pointer, 0 to 65535; -1: leave it
//
// Examples:  flags:clear=EC,when=syn (no ECN)      flags:set=U,urgent=1,when=data,nth=20      flags:reserved=0
//
// Seen in the wild: firewalls that clear reserved bits and URG, routers that break the negotiation of ECN.
#include "middleboxes/box.hh"
#include "util/error.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

constexpr std::string_view kLetters = "FSRPAUEC";  // from bit 0 on

uint8_t flags_named(const std::string& letters) {
  unsigned flags = 0;
  for (const char c : letters) {
    const size_t bit = kLetters.find(c);
    if (bit == std::string_view::npos)
      throw UsageError("flags: set and clear want letters of " + std::string(kLetters));
    flags |= 1u << bit;
  }
  return static_cast<uint8_t>(flags);
}

class Flags final : public Middlebox {
 public:
  Flags(const Params& p, Rng)
      : set_(flags_named(p.text("set"))),
        clear_(flags_named(p.text("clear"))),
        reserved_(p.number("reserved")),
        urgent_(p.number("urgent")) {
    if (set_ & clear_) throw UsageError("flags: the same flag in set and clear");
  }

  void packet(Packet p, const Seen& seen, Emit& out) override {
    Layout layout = seen.layout;
    if (layout.tcp) {
      TcpEdit edit(p, layout);
      const auto flags = static_cast<uint8_t>((edit.view().flags() | set_) & ~clear_);
      if (flags != edit.view().flags()) edit.set_flags(flags);
      if (urgent_ >= 0 && edit.view().urgent() != urgent_) edit.set_urgent(static_cast<uint16_t>(urgent_));
      if (reserved_ >= 0 && edit.view().reserved() != reserved_) {
        const auto offset = static_cast<uint8_t>((layout.options_size / 4 + 5) << 4 | reserved_);
        edit.write(12, {&offset, 1});
      }
    }
    out.send(std::move(p), seen.toward);
  }

 private:
  uint8_t set_, clear_;
  int64_t reserved_, urgent_;
};

std::vector<DeclaredEdit> declares(const Params& p) {
  std::vector<DeclaredEdit> all;
  const std::string& dir = p.text("dir");
  if (p.given("set") || p.given("clear")) all.push_back({"flags_changed", "", dir});
  if (p.number("reserved") >= 0) all.push_back({"value_changed", "reserved bits", dir});
  if (p.number("urgent") >= 0) all.push_back({"value_changed", "urgent pointer", dir});
  return all;
}

}  // namespace

BoxEntry flags_box() {
  return {.schema = {.name = "flags",
                     .params = with_common({param("set", ParamType::text, "", "flags to set"),
                                            param("clear", ParamType::text, "", "flags to clear"),
                                            number("reserved", "-1", -1, 15, "reserved bits; -1: leave them"),
                                            number("urgent", "-1", -1, 65535, "urgent pointer; -1: leave it")}),
                     .declares = declares},
          .make = make_box<Flags>};
}

}  // namespace gauntlet
