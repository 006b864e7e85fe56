// kind: changes the kind of a TCP option
//
// Every matching option of a selected segment gets another kind byte; its length and bytes stay. To a receiver that
// does not know the new kind the option is gone.
//
// Parameters:
//   kind=30         option kind to change, 2 to 255
//   subtype=any     with kind 30: only these MPTCP subtypes, joined by + (mpc join dss add rm prio fail fclose tcprst)
//   dss=any         with subtype=dss: only those with an infinite mapping (length 0), or those with a DATA_FIN (fin)
//   to=253          what it becomes, 2 to 255 (253: for experiments, RFC 6994)
//
// Examples:  kind:when=syn      kind:subtype=rm,when=rm
//
// Seen in the wild: boxes that keep a number of their own for options they want to hide.
#include "middleboxes/box.hh"
#include "path/option_filter.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

class Kind final : public Middlebox {
 public:
  Kind(const Params& p, Rng) : which_(p, "kind"), to_(static_cast<uint8_t>(p.number("to"))) {}

  void packet(Packet p, const Seen& seen, Emit& out) override {
    Layout layout = seen.layout;
    if (layout.tcp) {
      TcpEdit edit(p, layout);
      const ConstBytes options = edit.view().options();
      OptionWalk walk(options);
      for (Option o; walk.next(o);) {
        if (which_.matches(options, o)) edit.write_options(o.offset, {&to_, 1});
      }
    }
    out.send(std::move(p), seen.toward);
  }

 private:
  OptionFilter which_;
  uint8_t to_;
};

std::vector<DeclaredEdit> declares(const Params& p) {
  const std::string& dir = p.text("dir");
  std::vector<DeclaredEdit> all{{"added", "option " + std::to_string(p.number("to")), dir}};
  for (std::string& option : option_fields(p)) all.push_back({"removed", option, dir});
  return all;
}

}  // namespace

BoxEntry kind_box() {
  return {.schema = {.name = "kind",
                     .params = with_common(option_params(number("kind", "30", 2, 255, "option kind"),
                                                         {number("to", "253", 2, 255, "what it becomes")})),
                     .declares = declares},
          .make = make_box<Kind>};
}

}  // namespace gauntlet
