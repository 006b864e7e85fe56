// dnat: sends flows to another address or port of the server's side
//
// The destination of every packet of a selected flow is changed on the way to the server, and the source of what comes
// back. A flow is selected or not when its first packet passes. ICMP errors from the server's side are translated with
// the packet they quote.
//
// Parameters:
//   to=             address, one per family joined by +; left out: the same
//   port=0          port; 0: the same
//   quotes=yes      translate what ICMP errors quote
//   limit=65536     flows; past it the one that was quiet longest goes
//
// Examples:  dnat:port=5004,path=p2      dnat:to=198.51.100.7,path=p2
//
// Seen in the wild: port forwarding, load balancers that choose a server by the flow's addresses and ports, whatever
// the token of an MP_JOIN says (RFC 8041 sections 3.5 and 3.12).
#include <nlohmann/json.hpp>

#include "middleboxes/box.hh"
#include "path/endpoints.hh"
#include "path/flow_key.hh"
#include "path/per_flow.hh"
#include "path/prefix.hh"
#include "util/bounded_map.hh"

namespace gauntlet {
namespace {

class Dnat final : public Middlebox {
 public:
  Dnat(const Params& p, Rng)
      : to_(parse_prefixes(p.text("to"))),
        port_(static_cast<uint16_t>(p.number("port"))),
        quotes_(p.flag("quotes")),
        back_(static_cast<size_t>(p.number("limit"))) {}

  void packet(Packet p, const Seen& seen, Emit& out) override {
    const Layout& l = seen.layout;
    const ConstBytes bytes = std::as_const(p).bytes();
    const bool up = seen.toward == Direction::to_server;
    if (const Quote q = l.tcp ? Quote{} : quote_of(bytes, l); q.there && !up) {
      quoted(p, l, q);
    } else if (l.tcp && up) {
      auto& flow = flows_.at(seen);
      if (!flow) flow = decide(bytes, seen);
      if (*flow) forward(p, seen, **flow);
    } else if (l.tcp) {
      if (const Endpoint* was = back_.find(flow_key(bytes, l, seen.toward))) set_source(p, l, *was);
    }
    out.send(std::move(p), seen.toward);
  }
  Json state() const override { return {{"flows", back_.size()}, {"forgotten", back_.forgotten()}}; }

 private:
  // Where a flow goes, by its first packet; nothing: where it wants.
  std::optional<Translation> decide(ConstBytes packet, const Seen& seen) const {
    if (!seen.selected) return std::nullopt;
    const Endpoint was = *destination_endpoint(packet, seen.layout);
    Endpoint now = was;
    for (const Prefix& t : to_)
      if (t.size == was.size) now.address = t.address;
    if (port_ != 0) now.port = port_;
    return Translation(now, was);
  }
  void forward(Packet& p, const Seen& seen, const Translation& to) {
    to.destination(p, seen.layout);
    const FlowKey key = flow_key(std::as_const(p).bytes(), seen.layout, seen.toward);
    if (back_.find(key) == nullptr) back_.put(key, to.from());
  }
  // About a packet that went to the server's side with another destination. From that very host: as if from the one the
  // client knows.
  void quoted(Packet& p, const Layout& l, const Quote& q) {
    const ConstBytes inner = std::as_const(p).bytes().subspan(q.offset, q.size);
    const auto now = q.inner.proto == kProtoTcp ? destination_endpoint(inner, q.inner) : std::nullopt;
    const Endpoint* was = now ? back_.find(flow_key(inner, q.inner, Direction::to_server)) : nullptr;
    if (was != nullptr) translate_error_up(p, l, q, *now, *was, quotes_);
  }

  std::vector<Prefix> to_;
  uint16_t port_;
  bool quotes_;
  PerFlow<std::optional<std::optional<Translation>>> flows_;
  BoundedMap<FlowKey, Endpoint, FlowKey::Hash> back_;  // from the flow as the server's side sees it
};

std::vector<DeclaredEdit> declares(const Params& p) {
  std::vector<DeclaredEdit> all;
  if (p.given("to")) all = {{"addr_rewritten", "dst", "c2s"}, {"addr_rewritten", "src", "s2c"}};
  if (p.number("port") != 0)
    all.insert(all.end(), {{"port_rewritten", "dport", "c2s"}, {"port_rewritten", "sport", "s2c"}});
  return all;
}

}  // namespace

BoxEntry dnat_box() {
  return {
      .schema = {.name = "dnat",
                 .params = with_common({param("to", ParamType::text, "", "address, one per family, joined by +"),
                                        number("port", "0", 0, 65535, "port; 0: the same"),
                                        param("quotes", ParamType::boolean, "yes", "translate what ICMP errors quote"),
                                        number("limit", "65536", 1, 1 << 20, "flows")}),
                 .declares = declares},
      .make = make_box<Dnat>,
      .sees_all = true};
}

}  // namespace gauntlet
