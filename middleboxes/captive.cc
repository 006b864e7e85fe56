// captive: a captive portal
//
// Answers SYNs in the server's name, answers the first data with a redirect and closes. Nothing of such a flow reaches
// the server.
//
// Parameters:
//   url=http://portal.example/login   where to send people
//   limit=4096      connections; past it the one that was quiet longest is forgotten
//
// Example:  captive:path=p1
//
// Seen in the wild: hotel and airport networks before one has logged in (RFC 8041 section 3.10: an MPTCP connection
// must not be built on them).
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "middleboxes/box.hh"
#include "connection/sessions.hh"
#include "path/teaches.hh"
#include "tcp/endpoint.hh"

namespace gauntlet {
namespace {

class Captive final : public Middlebox {
 public:
  Captive(const Params& p, Rng rng)
      : rng_(rng),
        answer_(fmt::format("HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                            p.text("url"))),
        sessions_(static_cast<size_t>(p.number("limit"))) {}

  void packet(Packet p, const Seen& seen, Emit& out) override {
    if (seen.flow == kNoFlow) return out.send(std::move(p), seen.toward);
    const bool up = seen.toward == Direction::to_server;
    const ConstBytes bytes = std::as_const(p).bytes();
    TcpEndpoint* portal = sessions_.find(seen);
    if (portal == nullptr) {
      const bool opens = seen.selected && up && (seen.classes & kClassSyn) != 0 && teaches(bytes, seen);
      if (!opens && !sessions_.had(seen)) return out.send(std::move(p), seen.toward);
      if (!opens) return;
      TcpConfig config;
      config.pair = receivers_pair(bytes, seen.layout);
      config.isn = static_cast<uint32_t>(rng_.next());
      config.time_wait =
          std::chrono::seconds(60);  // as hosts have it: a client that lost the last ACK sends its FIN again
      portal = &sessions_.make(seen, config);
      portal->listen();
      ++captured_;
    }
    if (!up) return;
    portal->segment(bytes, seen.now);
    const bool asked = portal->readable() > 0 && !portal->read(seen.now).empty();
    if (asked && portal->state() == TcpState::established) {
      portal->write({reinterpret_cast<const uint8_t*>(answer_.data()), answer_.size()}, seen.now);
    }
    if (asked || portal->peer_finished()) portal->close(seen.now);
    finish(seen.flow, *portal, out);
    sessions_.touched(seen.flow);
  }
  std::optional<Time> next_tick() const override { return sessions_.next_tick(); }
  void tick(Time now, Emit& out) override {
    sessions_.tick(now, [&](FlowId flow, TcpEndpoint& portal) {
      portal.tick(now);
      finish(flow, portal, out);
    });
  }
  Json state() const override { return {{"captured", captured_}, {"forgotten", sessions_.forgotten()}}; }

 private:
  void finish(FlowId flow, TcpEndpoint& portal, Emit& out) {
    for (Packet& p : portal.take_packets()) out.send(std::move(p), Direction::to_client);
    if (portal.state() == TcpState::closed) sessions_.remove(flow);
  }
  Rng rng_;
  std::string answer_;
  Sessions<TcpEndpoint> sessions_;
  uint64_t captured_ = 0;
};

std::vector<DeclaredEdit> declares(const Params&) {
  return {{"dropped", "", "c2s"}, {"syn_blocked", "", "c2s"}, {"injected", "", "s2c"}, {"proxy_acked", "", "s2c"}};
}

}  // namespace

BoxEntry captive_box() {
  return {.schema = {.name = "captive",
                     .params = with_common({param("url", ParamType::text, "http://portal.example/login", "redirect to"),
                                            number("limit", "4096", 1, 1 << 20, "connections")}),
                     .declares = declares},
          .make = make_box<Captive>,
          .sees_all = true};
}

}  // namespace gauntlet
