// tfo-strip: takes TCP Fast Open away
//
// Removes the Fast Open option from SYN and SYN/ACK, the data from the SYN, or both, or drops a SYN that carries data.
// The experimental form of the option (kind 254, magic F989) counts too.
//
// Parameters:
//   what=both       option, data, both, or drop (the whole SYN, when it has the option or data)
//
// Example:  tfo-strip:what=data
//
// Seen in the wild: firewalls that know no data on a SYN; RFC 8684 appendix B says what MPTCP does about it.
#include "middleboxes/box.hh"
#include "wire/options.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

constexpr uint8_t kOptFastOpen = 34, kOptExperiment = 254;

class TfoStrip final : public Middlebox {
 public:
  TfoStrip(const Params& p, Rng) : what_(p.text("what")) {}

  void packet(Packet p, const Seen& seen, Emit& out) override {
    Layout layout = seen.layout;
    if (layout.tcp && TcpView(std::as_const(p).bytes(), layout).has(kSyn)) {
      TcpEdit edit(p, layout);
      const ConstBytes options = edit.view().options();
      std::vector<uint8_t> rest;
      uint8_t padding = kOptNop;
      OptionWalk walk(options);
      for (Option o; walk.next(o);) {
        if (o.kind == kOptEol) padding = kOptEol;  // behind it only zeros may stand (RFC 9293 3.1)
        if (!fast_open(options, o)) rest.insert(rest.end(), &options[o.offset], &options[o.offset] + o.size);
      }
      rest.insert(rest.end(), walk.rest().begin(), walk.rest().end());
      const bool there = rest.size() != options.size();
      if (what_ == "drop" && (there || layout.payload_size > 0)) return;
      if (what_ != "data" && there) {
        rest.resize((rest.size() + 3) / 4 * 4, padding);
        edit.replace_options(rest);
      }
      if (what_ != "option" && what_ != "drop" && layout.payload_size > 0) {
        edit.replace_payload(0, layout.payload_size, {});
      }
    }
    out.send(std::move(p), seen.toward);
  }

 private:
  static bool fast_open(ConstBytes options, const Option& o) {
    if (o.malformed) return false;
    if (o.kind == kOptFastOpen) return true;
    return o.kind == kOptExperiment && o.size >= 4 && load16(&options[o.offset] + 2) == 0xf989;
  }
  std::string what_;
};

std::vector<DeclaredEdit> declares(const Params& p) {
  const std::string &dir = p.text("dir"), what = p.text("what");
  if (what == "drop") return {{"dropped", "", dir}};
  std::vector<DeclaredEdit> all;
  if (what != "data") all = {{"removed", "option 34", dir}, {"removed", "option 254", dir}};
  if (what != "option") all.push_back({"deleted", "", dir});
  return all;
}

}  // namespace

BoxEntry tfo_strip_box() {
  return {.schema = {.name = "tfo-strip",
                     .params = with_common({choice("what", {"both", "option", "data", "drop"}, "what is taken away")},
                                           "both", "syn+synack"),
                     .declares = declares},
          .make = make_box<TfoStrip>};
}

}  // namespace gauntlet
