// nat: translates the client's addresses and ports
//
// Packets to the server get an address of the pool (and another port with ports=rewrite, or where theirs is taken);
// packets to the pool are translated back, TCP, UDP and ICMP echo alike. ICMP errors are translated with the packet
// they quote. A flow that was not selected when it began is left alone. What comes to the pool without a mapping is
// dropped. Later fragments pass untouched.
//
// Parameters:
//   pool=           outside address or prefix, for one family or, joined by +, for both; required
//   ports=rewrite   rewrite: another port for each inside endpoint; keep: the same one where it is free
//   quotes=yes      translate what ICMP errors quote, as RFC 5508 asks
//   limit=65536     mappings; past it the one that was quiet longest goes
//
// Example:  nat:pool=203.0.113.0/28+2001:db8:ff::/64,ports=keep
//
// Seen in the wild: home routers, carrier-grade NAT; 79 % of the addresses in ADD_ADDR options were private (TMA 2015).
#include <algorithm>
#include <nlohmann/json.hpp>

#include "middleboxes/box.hh"
#include "path/endpoints.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

class Nat final : public Middlebox {
 public:
  Nat(const Params& p, Rng rng) : quotes_(p.flag("quotes")) {
    tables_.reserve(2);
    for (const Prefix& pool : parse_prefixes(p.text("pool"))) {
      tables_.emplace_back(pool, p.text("ports") == "keep", rng.fork(address_text(pool.bytes())),
                           static_cast<size_t>(p.number("limit")));
    }
  }

  void packet(Packet p, const Seen& seen, Emit& out) override {
    const Layout& l = seen.layout;
    NatTable* table = l.version == 4 ? table_for(4) : l.version == 6 ? table_for(16) : nullptr;
    bool drop = false;
    const bool junk = l.proto == kProtoTcp && l.first && !l.tcp;
    if (table != nullptr && !junk) {
      const Quote quote = quote_of(std::as_const(p).bytes(), l);
      const bool up = seen.toward == Direction::to_server;
      if (quote.there) {
        up ? error_up(p, l, quote, *table) : error_down(p, l, quote, *table);
      } else {
        drop = up ? !this->up(p, l, seen.selected, *table) : !down(p, l, *table);
      }
    }
    if (drop) {
      ++unwanted_;
    } else {
      out.send(std::move(p), seen.toward);
    }
  }

  Json state() const override {
    Json s = {{"unwanted", unwanted_}, {"mappings", 0}, {"forgotten", 0}};
    for (const NatTable& t : tables_) {
      s["mappings"] = s["mappings"].get<size_t>() + t.size();
      s["forgotten"] = s["forgotten"].get<uint64_t>() + t.forgotten();
    }
    return s;
  }

 private:
  NatTable* table_for(size_t size) {
    const auto t =
        std::find_if(tables_.begin(), tables_.end(), [&](const NatTable& x) { return x.pool().size == size; });
    return t == tables_.end() ? nullptr : &*t;
  }

  // False when it should be translated and every port of its outside address is taken.
  static bool up(Packet& p, const Layout& l, bool selected, NatTable& table) {
    const auto inside = source_endpoint(std::as_const(p).bytes(), l);
    if (!inside) return true;
    const auto outside = table.outside_of(*inside, selected);
    if (outside) set_source(p, l, *outside);
    return outside || !selected;
  }

  // False when it is for the pool and nobody is behind that port.
  static bool down(Packet& p, const Layout& l, NatTable& table) {
    const auto outside = destination_endpoint(std::as_const(p).bytes(), l);
    if (!outside || !table.pool().contains(outside->bytes())) return true;
    const auto inside = table.inside_of(*outside);
    if (inside) set_destination(p, l, *inside);
    return inside.has_value();
  }

  // From the outside, about a packet that was translated on its way up.
  void error_down(Packet& p, const Layout& l, const Quote& q, NatTable& table) const {
    const auto quoted = source_endpoint(std::as_const(p).bytes().subspan(q.offset, q.size), q.inner);
    const auto inside = quoted ? table.inside_of(*quoted) : std::nullopt;
    if (!inside) return;
    if (quotes_) set_quoted_source(p, l, q, *inside);
    set_destination_address(p, l, inside->bytes());
  }

  // From the inside, about a packet that was translated on its way down. An inside router that is no endpoint keeps its
  // address.
  void error_up(Packet& p, const Layout& l, const Quote& q, NatTable& table) const {
    const auto quoted = destination_endpoint(std::as_const(p).bytes().subspan(q.offset, q.size), q.inner);
    const auto outside = quoted ? table.outside_of(*quoted, false) : std::nullopt;
    if (!outside) return;
    const ConstBytes from = source_address(std::as_const(p).bytes(), l);
    const bool endpoint = std::equal(from.begin(), from.end(), quoted->bytes().begin(), quoted->bytes().end());
    if (quotes_) set_quoted_destination(p, l, q, *outside);
    if (endpoint) set_source_address(p, l, outside->bytes());
  }

  bool quotes_;
  std::vector<NatTable> tables_;
  uint64_t unwanted_ = 0;
};

std::vector<DeclaredEdit> declares(const Params& p) {
  std::vector<DeclaredEdit> all{{"addr_rewritten", "src", "c2s"}, {"addr_rewritten", "dst", "s2c"}};
  if (p.text("ports") == "keep") return all;
  all.push_back({"port_rewritten", "sport", "c2s"});
  all.push_back({"port_rewritten", "dport", "s2c"});
  return all;
}

}  // namespace

BoxEntry nat_box() {
  ParamSpec pool = param("pool", ParamType::text, "", "outside address or prefix, one per family, joined by +");
  pool.required = true;
  return {
      .schema = {.name = "nat",
                 .params = with_common({pool, choice("ports", {"rewrite", "keep"}, "what happens to the port"),
                                        param("quotes", ParamType::boolean, "yes", "translate what ICMP errors quote"),
                                        number("limit", "65536", 1, 1 << 20, "mappings")}),
                 .declares = declares},
      .make = make_box<Nat>,
      .sees_all = true};
}

}  // namespace gauntlet
