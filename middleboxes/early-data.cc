// early-data: lets a client's data overtake the third ACK of its handshake
//
// Holds the selected third ACK and acknowledges it to the client in the server's name, as the fourth packet of a join
// does. The client's first data segment then arrives in front of the third ACK, and before the server sent a fourth
// packet. What the client repeats meanwhile waits with it: a repetition would take its place. When no data come, they
// go on after a while. The timestamp and window of the answer are those of the SYN/ACK. It carries the Data ACK of a
// server that has received nothing, if the box saw the connection begin, and no MPTCP option otherwise.
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
#include "connection/heard_handshake.hh"
#include "mptcp/crypto.hh"
#include "mptcp/option.hh"
#include "path/holder.hh"
#include "path/holding.hh"
#include "path/per_flow.hh"
#include "path/teaches.hh"
#include "tcp/segment.hh"

namespace gauntlet {
namespace {

constexpr size_t kRepetitions = 16;  // of a third ACK; more pass

class EarlyData final : public Holding<Holder> {
 public:
  EarlyData(const Params& p, Rng) : Holding(Duration(p.number("hold"))) {}

  void packet(Packet p, const Seen& seen, Emit& out) override {
    if (seen.flow == kNoFlow || !seen.layout.tcp) return out.send(std::move(p), seen.toward);
    Flow& flow = flows_.at(seen);
    const TcpView tcp(std::as_const(p).bytes(), seen.layout);
    if ((seen.classes & kClassNonsyn) == 0 && teaches(std::as_const(p).bytes(), seen)) flow.hear(tcp, seen.toward);
    const bool data = (seen.classes & kClassData) != 0, third = (seen.classes & kClassAck3) != 0;
    const bool begins = seen.selected && third && flow.answered && flow.tickets.empty();
    const bool waits = seen.toward == Direction::to_server && flow.waits(held_);
    if (begins) {
      out.send(flow.answer(std::as_const(p).bytes(), seen.layout, seen.connection), opposite(seen.toward));
      flow.sequence = tcp.seq();
    }
    if (begins || (waits && !data && flow.repeated(tcp))) {
      flow.tickets.push_back(held_.hold(std::move(p), seen, out));
      return;
    }
    out.send(std::move(p), seen.toward);
    if (!waits || !data) return;
    for (const uint64_t ticket : flow.tickets) held_.release(ticket, out);
    ++overtaken_;
  }
  Json state() const override { return {{"overtaken", overtaken_}}; }

 private:
  struct Flow : HeardHandshake {
    // The fourth packet of a join: an ACK of the third. A Data ACK of what came before the first byte is an old one,
    // and never wrong (RFC 8684 3.3.2).
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
    bool waits(Holder& held) const { return !tickets.empty() && held.find(tickets.front()) != nullptr; }
    bool repeated(TcpView tcp) const {
      return tcp.flags() == kAck && tcp.seq() == sequence && tickets.size() <= kRepetitions;
    }
    uint32_t sequence = 0;          // of the third ACK
    std::vector<uint64_t> tickets;  // it, and what repeats it
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
