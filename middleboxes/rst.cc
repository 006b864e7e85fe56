// rst: injects resets
//
// Behind the selected segment a RST goes to the server, to the client or to both, each in the other's name and with the
// sequence number it expects next. By default one for each flow; choose the segment with when, nth and after, and the
// subflow with path.
//
// Parameters:
//   to=both         who is reset: both, client or server
//   drop=no         drop the segment itself
//
// Example:  rst:after=20,path=p1,to=client
//
// Seen in the wild: intrusion prevention systems and censors tear connections down like this (RFC 6182 section 7).
#include <nlohmann/json.hpp>

#include "middleboxes/box.hh"
#include "connection/forge.hh"

namespace gauntlet {
namespace {

class Rst final : public Middlebox {
 public:
  Rst(const Params& p, Rng)
      : client_(p.text("to") != "server"), server_(p.text("to") != "client"), drop_(p.flag("drop")) {}

  void packet(Packet p, const Seen& seen, Emit& out) override {
    const Layout& l = seen.layout;
    if (!l.tcp || TcpView(std::as_const(p).bytes(), l).has(kRst)) return out.send(std::move(p), seen.toward);
    const bool up = seen.toward == Direction::to_server;
    Packet onward = drop_ ? forge_at(std::as_const(p).bytes(), l) : forge_onward(std::as_const(p).bytes(), l, kRst);
    Packet answer = forge_answer(std::as_const(p).bytes(), l, kRst);
    if (!drop_) out.send(std::move(p), seen.toward);
    if (up ? server_ : client_) send(std::move(onward), seen.toward, out);
    if (up ? client_ : server_) send(std::move(answer), opposite(seen.toward), out);
  }
  Json state() const override { return {{"injected", injected_}}; }

 private:
  // In place of the segment that does not arrive.
  static Packet forge_at(ConstBytes packet, const Layout& l) {
    const TcpView tcp(packet, l);
    return make_segment(receivers_pair(packet, l).swapped(),
                        {tcp.seq(), tcp.ack(), static_cast<uint8_t>(kRst | (tcp.flags() & kAck)), 0}, {}, {});
  }
  void send(Packet p, Direction toward, Emit& out) {
    ++injected_;
    out.send(std::move(p), toward);
  }
  bool client_, server_, drop_;
  uint64_t injected_ = 0;
};

std::vector<DeclaredEdit> declares(const Params& p) {
  std::vector<DeclaredEdit> all;
  if (p.text("to") != "client") all.push_back({"rst_injected", "", "c2s"});
  if (p.text("to") != "server") all.push_back({"rst_injected", "", "s2c"});
  if (p.flag("drop")) all.push_back({"dropped", "", p.text("dir")});
  return all;
}

}  // namespace

BoxEntry rst_box() {
  return {.schema = {.name = "rst",
                     .params = once(with_common({choice("to", {"both", "client", "server"}, "who is reset"),
                                                 param("drop", ParamType::boolean, "no", "drop the segment")},
                                                "c2s", "data")),
                     .declares = declares},
          .make = make_box<Rst>};
}

}  // namespace gauntlet
