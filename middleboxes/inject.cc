// inject: sends a segment with options of one's own
//
// Behind the selected segment an acknowledgement without payload, in the name of its sender or of its receiver, carries
// the given option; timestamps are those the receiver expects. By default one for each flow and direction.
//
// Parameters:
//   option=         hex: the option, kind byte first; NOPs fill the last word; required
//   to=onward       onward: in the sender's name to where the segment goes; back: in the receiver's, to the sender
//   shift=0         added to the sequence number: far from 0 the segment is outside the window
//
// Examples:  inject:option=1e044001,nth=20 (REMOVE_ADDR)      inject:option=1e0c70000102030405060708,shift=1000000000
//
// Seen in the wild: the attackers of RFC 8684 section 5 and RFC 6181, who know a flow but not its keys.
#include <nlohmann/json.hpp>

#include "middleboxes/box.hh"
#include "connection/forge.hh"
#include "path/pieces.hh"
#include "util/error.hh"
#include "wire/options.hh"

namespace gauntlet {
namespace {

class Inject final : public Middlebox {
 public:
  Inject(const Params& p, Rng)
      : option_(p.text("option").begin(), p.text("option").end()),
        onward_(p.text("to") == "onward"),
        shift_(static_cast<uint32_t>(p.number("shift"))) {
    option_.resize((option_.size() + 3) / 4 * 4, kOptNop);
    if (option_.empty() || option_.size() > 28) throw UsageError("inject: option wants 1 to 28 bytes");
  }

  void packet(Packet p, const Seen& seen, Emit& out) override {
    const Layout& l = seen.layout;
    const bool open = l.tcp && (TcpView(std::as_const(p).bytes(), l).flags() & (kRst | kSyn | kFin | kAck)) == kAck;
    if (!open) return out.send(std::move(p), seen.toward);
    Packet made = forge(std::as_const(p).bytes(), l);
    out.send(std::move(p), seen.toward);
    ++injected_;
    out.send(std::move(made), onward_ ? seen.toward : opposite(seen.toward));
  }
  Json state() const override { return {{"injected", injected_}}; }

 private:
  Packet forge(ConstBytes packet, const Layout& l) const {
    const TcpView tcp(packet, l);
    const TcpPair back = receivers_pair(packet, l);
    const uint32_t next = tcp.seq() + tcp.sequence_length();
    uint8_t block[40];
    size_t size = timestamps_alone(tcp.options(), block).size();
    if (size != 0 && !onward_) {  // its receiver's clock is what it echoes
      const uint32_t value = load32(block + 4);
      store32(block + 4, load32(block + 8));
      store32(block + 8, value);
    }
    std::copy(option_.begin(), option_.end(), block + size);
    size += option_.size();
    return onward_ ? make_segment(back.swapped(), {next + shift_, tcp.ack(), kAck, tcp.window()}, {block, size}, {})
                   : make_segment(back, {tcp.ack() + shift_, next, kAck, tcp.window()}, {block, size}, {});
  }

  std::vector<uint8_t> option_;
  bool onward_;
  uint32_t shift_;
  uint64_t injected_ = 0;
};

std::vector<DeclaredEdit> declares(const Params& p) {
  const std::string& dir = p.text("dir");
  const bool onward = p.text("to") == "onward";
  return {{"injected", "", dir == "both" || onward ? dir : dir == "c2s" ? "s2c" : "c2s"}};
}

}  // namespace

BoxEntry inject_box() {
  return {.schema = {.name = "inject",
                     .params =
                         once(with_common({required(param("option", ParamType::hex, "", "the option, kind byte first")),
                                           choice("to", {"onward", "back"}, "who gets it"),
                                           number("shift", "0", INT32_MIN, INT32_MAX, "added to the number")},
                                          "c2s", "data")),
                     .declares = declares},
          .make = make_box<Inject>};
}

}  // namespace gauntlet
