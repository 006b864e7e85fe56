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
#include <algorithm>
#include <array>
#include "middleboxes/box.hh"

#include "mptcp/option.hh"
#include "util/error.hh"
#include "wire/options.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

class Strip final : public Middlebox {
 public:
  Strip(const Params& p, Rng)
      : kind_(static_cast<uint8_t>(p.number("kind"))),
        subtypes_(classes_named(p.text("subtype"))),
        mode_(p.text("mode") == "remove" ? Mode::remove
              : p.text("mode") == "nop"  ? Mode::nop
                                         : Mode::eol),
        zero_rest_(p.text("rest") == "zero"),
        dss_(p.text("dss")[0]) {
    if ((subtypes_ & 0xffff & ~kClassAny) != 0)
      throw UsageError("strip: subtype wants MPTCP subtypes, not segment classes");
    if (kind_ != kOptMptcp && !(subtypes_ & kClassAny)) throw UsageError("strip: subtype goes with kind=30");
    if (dss_ != 'a' && subtypes_ != kClassDss) throw UsageError("strip: dss goes with subtype=dss");
  }

  void packet(Packet p, const Seen& seen, Emit& out) override {
    Layout layout = seen.layout;
    if (layout.tcp && layout.options_size > 0) strip(TcpEdit(p, layout));
    out.send(std::move(p), seen.toward);
  }

 private:
  enum class Mode { remove, nop, eol };

  bool matches(ConstBytes options, const Option& o) const {
    if (o.kind != kind_ || o.malformed || o.size < 2) return false;
    if (subtypes_ & kClassAny) return true;
    const ConstBytes option = options.subspan(o.offset, o.size);
    const auto subtype = subtype_of(option);
    return subtype && (subtypes_ & (kClassMpc << static_cast<unsigned>(*subtype))) && (dss_ == 'a' || is_that(option));
  }

  bool is_that(ConstBytes option) const {
    const MptcpOption decoded = decode_mptcp(option);
    const auto* dss = std::get_if<Dss>(&decoded);
    return dss && (dss_ == 'f' ? dss->data_fin : dss->mapping && dss->mapping->length == 0);
  }

  void strip(TcpEdit edit) const {
    const ConstBytes options = edit.view().options();
    std::array<uint8_t, 40> kept;
    std::copy(options.begin(), options.end(), kept.begin());
    uint8_t* end = kept.data() + options.size();
    const bool remove = mode_ == Mode::remove, eol = mode_ == Mode::eol;
    size_t from = options.size(), to = 0;  // what was overwritten
    OptionWalk walk(options);
    for (Option o; walk.next(o);) {
      if (!matches(options, o)) continue;
      uint8_t* at = end - (options.size() - o.offset);  // earlier removals moved what is left to the front
      const size_t gone = remove ? o.size & ~3u : 0u;   // header lengths count in words: the rest stays, as NOPs
      std::copy(at + gone, end, at);
      end -= gone;
      uint8_t* behind = eol && zero_rest_ ? end : at + (o.size - gone);
      std::fill(at, behind, eol ? kOptEol : kOptNop);
      from = std::min(from, static_cast<size_t>(at - kept.data()));
      to = static_cast<size_t>(behind - kept.data());
      if (eol) break;
    }
    const ConstBytes result(kept.data(), static_cast<size_t>(end - kept.data()));
    if (result.size() < options.size()) {
      edit.replace_options(result);
    } else if (from < to) {
      edit.write_options(from, result.subspan(from, to - from));
    }
  }

  uint8_t kind_;
  Classes subtypes_;
  Mode mode_;
  bool zero_rest_;
  char dss_;  // any, infinite, fin: the first letter
};

std::vector<DeclaredEdit> declares(const Params& p) {
  const std::string& mode = p.text("mode");
  const std::string kind = mode == "remove" ? "removed" : mode == "nop" ? "nopped" : "eoled";
  const std::string option = "option " + std::to_string(p.number("kind"));
  std::vector<DeclaredEdit> all;
  const Classes subtypes = classes_named(p.text("subtype"));
  for (const std::string_view word : kClassWords) {
    const Classes bit = classes_named(word);
    if ((subtypes & bit) != 0 && bit != kClassAny)
      all.push_back({kind, option + "/" + std::string(word), p.text("dir")});
  }
  if (all.empty()) all.push_back({kind, option, p.text("dir")});
  if (mode == "eol") all.push_back({"truncated_after_eol", "", p.text("dir")});
  return all;
}

}  // namespace

BoxEntry strip_box() {
  return {.schema = {.name = "strip",
                     .params = with_common({number("kind", "30", 2, 255, "option kind"),
                                            param("subtype", ParamType::classes, "any", "MPTCP subtypes, joined by +"),
                                            choice("dss", {"any", "infinite", "fin"}, "which DSS, with subtype=dss"),
                                            choice("mode", {"remove", "nop", "eol"}, "how the option goes"),
                                            choice("rest", {"keep", "zero"}, "bytes behind the EOL")}),
                     .declares = declares},
          .make = make_box<Strip>};
}

}  // namespace gauntlet
