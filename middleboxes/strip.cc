// strip: takes a TCP option away
//
// Every matching option of a selected segment is removed, overwritten with NOP, or turned into EOL. Options behind EOL
// are hidden from whoever reads the segment next, whether or not their bytes stay. Malformed options are left alone.
//
// Parameters:
//   kind=30         option kind, 2 to 255
//   subtype=any     with kind 30: only these MPTCP subtypes, joined by + (mpc join dss add rm prio fail fclose tcprst)
//   dss=any         with subtype=dss: only those with an infinite mapping (length 0), or those with a DATA_FIN (fin)
//   mode=remove     remove: the header gets shorter, NOPs stay where whole words do not suffice
//                   nop: NOPs over the option    eol: zeros over it, so that the options end here
//   rest=keep       with mode=eol: keep the bytes behind it, or zero them
//
// Example:  strip:kind=30,subtype=dss,mode=nop,when=data,path=p1
//
// Seen in the wild: firewalls that "normalise" unknown options away (4 to 14 % of paths in 2011), and the "strange
// middlebox" of RFC 8041 section 3.1, which lets MP_CAPABLE through and then overwrites MPTCP options with EOL.
#include <array>

#include "middleboxes/box.hh"
#include "path/option_filter.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

class Strip final : public Middlebox {
 public:
  Strip(const Params& p, Rng)
      : which_(p, "strip"),
        mode_(p.text("mode") == "remove" ? Mode::remove
              : p.text("mode") == "nop"  ? Mode::nop
                                         : Mode::eol),
        zero_rest_(p.text("rest") == "zero") {}

  void packet(Packet p, const Seen& seen, Emit& out) override {
    Layout layout = seen.layout;
    if (layout.tcp && layout.options_size > 0) strip(TcpEdit(p, layout));
    out.send(std::move(p), seen.toward);
  }

 private:
  enum class Mode { remove, nop, eol };

  struct Match {  // left as it is made
    uint8_t at, size;
  };

  void strip(TcpEdit edit) const {
    const ConstBytes options = edit.view().options();
    std::array<Match, 20> all;  // no well-formed option that can be meant is shorter than 2 bytes
    size_t n = 0;
    bool shorter = false;
    OptionWalk walk(options);
    for (Option o; walk.next(o) && !(n == 1 && mode_ == Mode::eol);) {
      if (!which_.matches(options, o)) continue;
      all[n++] = {static_cast<uint8_t>(o.offset), static_cast<uint8_t>(o.size)};
      shorter = shorter || (mode_ == Mode::remove && o.size >= 4);
    }
    if (shorter && !edit.resizable()) return;
    while (n > 0) {  // from the last on, so that those in front stay where they are
      const Match m = all[--n];
      const size_t gone = mode_ == Mode::remove ? m.size & ~3u : 0u;  // headers count in words: the rest stays, as NOPs
      const bool rest = mode_ == Mode::eol && zero_rest_;
      if (gone != 0) edit.erase_options(m.at, gone);
      std::array<uint8_t, 40> fill;
      fill.fill(mode_ == Mode::eol ? kOptEol : kOptNop);
      edit.write_options(m.at, {fill.data(), rest ? options.size() - m.at : m.size - gone});
    }
  }

  OptionFilter which_;
  Mode mode_;
  bool zero_rest_;
};

std::vector<DeclaredEdit> declares(const Params& p) {
  const std::string& mode = p.text("mode");
  std::vector<DeclaredEdit> all;
  for (std::string& option : option_fields(p))
    all.push_back({mode == "remove" ? "removed" : mode == "nop" ? "nopped" : "eoled", option, p.text("dir")});
  if (mode == "eol") all.push_back({"truncated_after_eol", "", p.text("dir")});
  return all;
}

}  // namespace

BoxEntry strip_box() {
  return {.schema = {.name = "strip",
                     .params = with_common(option_params(number("kind", "30", 2, 255, "option kind"),
                                                         {choice("mode", {"remove", "nop", "eol"}, "how it goes"),
                                                          choice("rest", {"keep", "zero"}, "bytes behind the EOL")})),
                     .declares = declares},
          .make = make_box<Strip>};
}

}  // namespace gauntlet
