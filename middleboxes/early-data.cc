// early-data: lets a client's data overtake the third ACK of its handshake
//
// Holds the selected third ACK and acknowledges it to the client in the server's name, as the fourth packet of a join
// does. The client's first data segment then arrives in front of the third ACK, and before the server sent a fourth
// packet. When no data come, the third ACK goes on after a while. The timestamp and window of the answer are those of
// the SYN/ACK. It carries the Data ACK of a server that has received nothing, if the box saw the connection begin, and
// no MPTCP option otherwise.
//
// Parameters:
//   hold=200ms      how long to wait for data
//
// Examples:  early-data:path=p2      early-data:hold=1s
//
// Seen in the wild: proxies that answer in the server's name, and paths that reorder (RFC 8684 section 3.2 forbids
// such data to the sender and leaves the receiver alone with them).
#include <nlohmann/json.hpp>

#include "middleboxes/box.hh"
#include "mptcp/crypto.hh"
#include "mptcp/option.hh"
#include "path/holder.hh"
#include "path/holding.hh"
#include "path/per_flow.hh"
#include "tcp/segment.hh"

namespace gauntlet {
namespace {

class EarlyData final : public Holding<Holder> {
 public:
  EarlyData(const Params& p, Rng) : Holding(Duration(p.number("hold"))) {}

  void packet(Packet p, const Seen& seen, Emit& out) override {
    if (seen.flow == kNoFlow || !seen.layout.tcp) return out.send(std::move(p), seen.toward);
    Flow& flow = flows_.at(seen);
    const TcpView tcp(std::as_const(p).bytes(), seen.layout);
    if (tcp.has(kSyn)) flow.heard(tcp, seen.toward);
    if (seen.selected && (seen.classes & kClassAck3) != 0 && flow.answered && flow.ticket == 0) {
      Packet fourth = flow.answer(std::as_const(p).bytes(), seen.layout, seen.connection);
      flow.ticket = held_.hold(std::move(p), seen, out);
      return out.send(std::move(fourth), opposite(seen.toward));
    }
    const bool overtakes =
        (seen.classes & kClassData) != 0 && seen.toward == Direction::to_server && held_.find(flow.ticket) != nullptr;
    out.send(std::move(p), seen.toward);
    if (overtakes) held_.release(flow.ticket, out), ++overtaken_;
  }
  Json state() const override { return {{"overtaken", overtaken_}}; }

 private:
  struct Flow {
    void heard(TcpView syn, Direction toward) {
      const TcpOptions options = parse_tcp_options(syn.options());
      if (toward == Direction::to_server) {
        scaled = options.wscale.has_value();
        return;
      }
      answered = true;
      stamp = options.timestamps;
      window = static_cast<uint16_t>(scaled && options.wscale ? syn.window() >> std::min<int>(*options.wscale, 14)
                                                              : syn.window());
    }
    // The fourth packet of a join: an ACK of the third. A Data ACK of what came before the first byte is an old one, and
    // never wrong (RFC 8684 3.3.2).
    Packet answer(ConstBytes third, const Layout& l, const Connection* connection) const {
      const TcpView tcp(third, l);
      TcpOptions options;
      if (const auto theirs = parse_tcp_options(tcp.options()).timestamps; theirs && stamp)
        options.timestamps = {stamp->value, theirs->value};
      std::vector<uint8_t> mptcp;
      if (connection && connection->client_key != 0) {
        Dss nothing_yet;
        nothing_yet.data_ack = idsn_of(connection->client_key) + 1;
        nothing_yet.data_ack8 = true;
        mptcp = encode(nothing_yet);
      }
      return make_segment(receivers_pair(third, l), {tcp.ack(), tcp.seq(), kAck, window},
                          encode_tcp_options(options, mptcp), {});
    }
    bool scaled = false, answered = false;  // the SYN offered window scaling; there was a SYN/ACK
    std::optional<TcpOptions::Timestamps> stamp;
    uint16_t window = 0;
    uint64_t ticket = 0;
  };

  PerFlow<Flow> flows_;
  uint64_t overtaken_ = 0;
};

std::vector<DeclaredEdit> declares(const Params&) {
  return {{"injected", "", "s2c"}, {"reordered", "", "c2s"}, {"delayed", "", "c2s"}};
}

}  // namespace

BoxEntry early_data_box() {
  return {.schema = {.name = "early-data",
                     .params =
                         once(with_common({duration("hold", "200ms", 0, "how long to wait for data")}, "c2s", "ack3")),
                     .declares = declares},
          .make = make_box<EarlyData>,
          .sees_all = true};
}

}  // namespace gauntlet
