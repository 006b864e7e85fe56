// fin: injects a FIN
//
// Behind the selected segment a FIN goes to the server, to the client or to both, in the other's name and with the next
// sequence number: the stream seems to end there. By default one for each flow.
//
// Parameters:
//   to=both         who gets it: both, client or server
//
// Example:  fin:after=20,path=p1,to=server
//
// Seen in the wild: boxes that shape or time connections out by closing them politely. RFC 8684 section 3.3.3: a FIN
// ends the subflow only, the data stream ends with DATA_FIN.
#include <nlohmann/json.hpp>

#include "middleboxes/box.hh"
#include "connection/forge.hh"

namespace gauntlet {
namespace {

class Fin final : public Middlebox {
 public:
  Fin(const Params& p, Rng) : client_(p.text("to") != "server"), server_(p.text("to") != "client") {}

  void packet(Packet p, const Seen& seen, Emit& out) override {
    const Layout& l = seen.layout;
    const bool open = l.tcp && (TcpView(std::as_const(p).bytes(), l).flags() & (kRst | kSyn | kFin | kAck)) == kAck;
    if (!open) return out.send(std::move(p), seen.toward);
    const uint16_t window = TcpView(std::as_const(p).bytes(), l).window();
    const bool up = seen.toward == Direction::to_server;
    Packet onward = forge_onward(std::as_const(p).bytes(), l, kFin);
    Packet answer = forge_answer(std::as_const(p).bytes(), l, kFin, window);
    out.send(std::move(p), seen.toward);
    if (up ? server_ : client_) send(std::move(onward), seen.toward, out);
    if (up ? client_ : server_) send(std::move(answer), opposite(seen.toward), out);
  }
  Json state() const override { return {{"injected", injected_}}; }

 private:
  void send(Packet p, Direction toward, Emit& out) {
    ++injected_;
    out.send(std::move(p), toward);
  }
  bool client_, server_;
  uint64_t injected_ = 0;
};

std::vector<DeclaredEdit> declares(const Params& p) {
  std::vector<DeclaredEdit> all;
  if (p.text("to") != "client") all.push_back({"injected", "", "c2s"});
  if (p.text("to") != "server") all.push_back({"injected", "", "s2c"});
  return all;
}

}  // namespace

BoxEntry fin_box() {
  return {.schema = {.name = "fin",
                     .params =
                         once(with_common({choice("to", {"both", "client", "server"}, "who gets it")}, "c2s", "data")),
                     .declares = declares},
          .make = make_box<Fin>};
}

}  // namespace gauntlet
