// optval: overwrites bytes inside a TCP option
//
// In every matching option of the selected segments the bytes at `at` are set or flipped, up to the option's end; its
// kind and length stay. For MPTCP's fields by name there is the box `corrupt`.
//
// Parameters:
//   kind=3          option kind, 2 to 255 (3: window scale)
//   at=0            first byte to change, counted from the one behind the length
//   set=            hex: these bytes,
//   xor=            or hex: these bits flipped
//
// Examples:  optval:kind=3,set=02,when=syn+synack      optval:kind=8,at=4,xor=00000001
//
// Seen in the wild: boxes that lower the window scale to what they can follow; broken firewalls.
#include <algorithm>
#include <array>

#include "middleboxes/box.hh"
#include "util/error.hh"
#include "wire/options.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

class Optval final : public Middlebox {
 public:
  Optval(const Params& p, Rng)
      : kind_(static_cast<uint8_t>(p.number("kind"))),
        at_(static_cast<size_t>(p.number("at")) + 2),
        flip_(!p.text("xor").empty()),
        bytes_(flip_ ? p.text("xor") : p.text("set")) {
    if (p.text("set").empty() == p.text("xor").empty()) throw UsageError("optval: say either set= or xor=");
  }

  void packet(Packet p, const Seen& seen, Emit& out) override {
    Layout layout = seen.layout;
    if (layout.tcp && layout.options_size > 0) change(TcpEdit(p, layout));
    out.send(std::move(p), seen.toward);
  }

 private:
  void change(TcpEdit edit) const {
    OptionWalk walk(edit.view().options());
    for (Option o; walk.next(o);) {
      if (o.kind != kind_ || o.malformed || o.size <= at_) continue;
      std::array<uint8_t, 40> now;
      const size_t n = std::min<size_t>(o.size - at_, bytes_.size());
      const uint8_t* was = edit.view().options().data() + o.offset + at_;
      for (size_t i = 0; i < n; ++i) now[i] = static_cast<uint8_t>(bytes_[i]) ^ (flip_ ? was[i] : uint8_t{0});
      edit.write_options(o.offset + at_, {now.data(), n});
    }
  }

  uint8_t kind_;
  size_t at_;  // from the kind byte
  bool flip_;
  std::string bytes_;
};

std::vector<DeclaredEdit> declares(const Params& p) {
  const std::string& dir = p.text("dir");
  const std::string field = "option " + std::to_string(p.number("kind"));
  std::vector<DeclaredEdit> all{{"value_changed", field, dir}};
  if (p.number("kind") == kOptWscale) all.front().kind = "wscale_changed";
  if (p.number("kind") == kOptMss) all.push_back({"mss_clamped", field, dir});
  if (p.number("kind") == kOptMptcp) all.push_back({"checksum_broken", "dss checksum", dir});
  return all;
}

}  // namespace

BoxEntry optval_box() {
  return {.schema = {.name = "optval",
                     .params = with_common({number("kind", "3", 2, 255, "option kind"),
                                            number("at", "0", 0, 37, "first byte, behind the length"),
                                            param("set", ParamType::hex, "", "these bytes"),
                                            param("xor", ParamType::hex, "", "bits to flip")}),
                     .declares = declares},
          .make = make_box<Optval>};
}

}  // namespace gauntlet
