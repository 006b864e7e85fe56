// dupopt: repeats a TCP option
//
// The first matching option of a selected segment stands there twice, the copy right behind it, where 40 bytes
// suffice; else the segment passes as it is.
//
// Parameters:
//   kind=30         option kind, 2 to 255
//   subtype=any     with kind 30: only these MPTCP subtypes, joined by + (mpc join dss add rm prio fail fclose tcprst)
//   dss=any         with subtype=dss: only those with an infinite mapping (length 0), or those with a DATA_FIN (fin)
//
// Examples:  dupopt:when=syn      dupopt:subtype=rm,when=rm
//
// Seen in the wild: network cards that copy options too often; two tools that both add the same option.
#include <nlohmann/json.hpp>

#include "middleboxes/box.hh"
#include "path/option_filter.hh"
#include "path/option_splice.hh"

namespace gauntlet {
namespace {

class Dupopt final : public Middlebox {
 public:
  Dupopt(const Params& p, Rng) : which_(p, "dupopt") {}

  void packet(Packet p, const Seen& seen, Emit& out) override {
    Layout layout = seen.layout;
    if (layout.tcp) {
      TcpEdit edit(p, layout);
      const ConstBytes options = edit.view().options();
      OptionWalk walk(options);
      for (Option o; walk.next(o);) {
        if (!which_.matches(options, o)) continue;
        std::array<uint8_t, 40> copy;
        std::copy_n(options.begin() + o.offset, o.size, copy.begin());
        if (!splice_options(edit, o.offset + o.size, 0, {copy.data(), o.size})) ++full_;
        break;
      }
    }
    out.send(std::move(p), seen.toward);
  }
  Json state() const override { return {{"full", full_}}; }

 private:
  OptionFilter which_;
  uint64_t full_ = 0;  // no room for a copy
};

std::vector<DeclaredEdit> declares(const Params& p) {
  std::vector<DeclaredEdit> all;
  for (std::string& option : option_fields(p)) all.push_back({"added", option, p.text("dir")});
  return all;
}

}  // namespace

BoxEntry dupopt_box() {
  return {.schema = {.name = "dupopt",
                     .params = with_common(option_params(number("kind", "30", 2, 255, "option kind"))),
                     .declares = declares},
          .make = make_box<Dupopt>};
}

}  // namespace gauntlet
