// nat: translates the client's addresses and ports
//
// Packets to the server get an address of the pool (and another port with ports=rewrite, or where theirs is taken);
// packets to the pool are translated back, TCP, UDP and ICMP echo alike. ICMP errors are translated with the packet
// they quote. A flow that was not selected when it began is left alone. What comes to the pool without a mapping is
// dropped. Later fragments pass untouched. Carrier-grade NAT is two of these on a path.
//
// A mapping can be lost in the middle of a connection: after `idle` of quiet, or once after `packets` or `bytes` in
// both directions. A SYN always makes a new one.
//
// Parameters:
//   pool=           outside address or prefix, for one family or, joined by +, for both; required
//   ports=rewrite   rewrite: another port for each inside endpoint; keep: the same one where it is free
//   range=1024-65535
//                   ports to give out
//   block=0         ports that each inside address has for itself (RFC 7422); 0: all of its outside address's
//   hairpin=yes     the client's packets to the pool go to whom they stand for, from outside (RFC 4787 6); no: dropped
//   quotes=yes      translate what ICMP errors quote, as RFC 5508 asks
//   idle=0          a mapping that was quiet as long is lost; 0: never
//   packets=0       a mapping is lost after as many packets; 0: never
//   bytes=0         or after as many bytes of IP packets; 0: never
//   lost=new        what then becomes of the client's packets. new: another mapping; silence: dropped, those of the
//                   server too; rst: the sender is reset, either side
//   limit=65536     mappings; past it the one that was quiet longest goes
//
// Examples:  nat:pool=203.0.113.0/28+2001:db8:ff::/64,ports=keep      nat:pool=203.0.113.9,idle=30s,lost=rst
//
// Seen in the wild: home routers, carrier-grade NAT; 79 % of the addresses in ADD_ADDR options were private (TMA 2015).
#include "middleboxes/nat_tables.hh"

#include "middleboxes/forge.hh"

namespace gauntlet {
namespace {

class Nat final : public Middlebox {
 public:
  Nat(const Params& p, Rng rng)
      : tables_(p, rng), hairpin_(p.flag("hairpin")), quotes_(p.flag("quotes")), lost_(p.text("lost")) {}

  void packet(Packet p, const Seen& seen, Emit& out) override {
    const Layout& l = seen.layout;
    NatTable* table = tables_.of(l);
    const bool junk = l.proto == kProtoTcp && l.first && !l.tcp;
    const Quote quote = l.tcp ? Quote{} : quote_of(std::as_const(p).bytes(), l);
    if (table != nullptr && quote.there) NatTables::error(p, seen, quote, *table, quotes_);
    if (table == nullptr || junk || quote.there) return out.send(std::move(p), seen.toward);
    seen.toward == Direction::to_server ? up(std::move(p), seen, *table, out) : down(std::move(p), seen, *table, out);
  }
  Json state() const override {
    Json s = tables_.state();
    s["unwanted"] = unwanted_;
    return s;
  }

 private:
  void up(Packet p, const Seen& seen, NatTable& table, Emit& out) {
    const Layout& l = seen.layout;
    NatMapping* m = tables_.mapping_of(std::as_const(p).bytes(), seen, table);
    if (m == nullptr && seen.selected) {
      const auto inside = source_endpoint(std::as_const(p).bytes(), l);
      if (inside && (m = table.make(*inside, seen.now)) == nullptr) return drop();
    }
    if (m == nullptr) return out.send(std::move(p), seen.toward);
    const bool again = lost_ == "new" || (seen.classes & kClassSyn);
    if (m->gone && !(again && table.renew(*m, seen.now))) return refuse(p, seen, out);
    table.use(*m, p.size(), seen.now);
    m->out.source(p, l);
    if (!table.pool().contains(destination_address(std::as_const(p).bytes(), l)))
      return out.send(std::move(p), seen.toward);
    const auto to = destination_endpoint(std::as_const(p).bytes(), l);  // hairpin: between two inside hosts
    NatMapping* other = hairpin_ && to ? table.find_outside(*to, seen.now) : nullptr;
    if (other == nullptr || other->gone) return drop();
    other->in.destination(p, l);
    out.send(std::move(p), opposite(seen.toward));
  }

  void down(Packet p, const Seen& seen, NatTable& table, Emit& out) {
    const Layout& l = seen.layout;
    NatMapping* m = tables_.mapping_of(std::as_const(p).bytes(), seen, table);
    if (m != nullptr && m->gone) return refuse(p, seen, out);
    if (m == nullptr) {
      const ConstBytes bytes = std::as_const(p).bytes();
      const bool error = is_icmp_error(bytes, l);  // that quotes nothing which could be looked up
      return l.first && !error && table.pool().contains(destination_address(bytes, l))
                 ? drop()
                 : out.send(std::move(p), seen.toward);
    }
    table.use(*m, p.size(), seen.now);
    m->in.destination(p, l);
    out.send(std::move(p), seen.toward);
  }

  void refuse(const Packet& p, const Seen& seen, Emit& out) {
    if (lost_ == "rst" && seen.layout.tcp && !(seen.classes & kClassRst))
      out.send(forge_answer(p.bytes(), seen.layout, kRst), opposite(seen.toward));
    drop();
  }
  void drop() { ++unwanted_; }

  NatTables tables_;
  bool hairpin_, quotes_;
  std::string lost_;
  uint64_t unwanted_ = 0;
};

}  // namespace

BoxEntry nat_box() {
  std::vector<ParamSpec> params = NatTables::params();
  params.push_back(param("hairpin", ParamType::boolean, "yes", "the client's packets to the pool come back"));
  params.push_back(param("quotes", ParamType::boolean, "yes", "translate what ICMP errors quote"));
  params.push_back(choice("lost", {"new", "silence", "rst"}, "what becomes of a lost mapping's packets"));
  return {.schema = {.name = "nat", .params = with_common(std::move(params)), .declares = NatTables::declares},
          .make = make_box<Nat>,
          .sees_all = true};
}

}  // namespace gauntlet
