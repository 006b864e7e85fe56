// prefixnat: translates one prefix to another, without state
//
// Addresses of the inside prefix become those of the outside one and back, one to one, for every protocol. In IPv6 a
// word of the address makes up for the change, so that no checksum changes (RFC 6296); in IPv4 the checksums follow.
// Later fragments are translated, too. What one inside host sends to the outside prefix comes back to the other.
//
// Parameters:
//   inside=         the client's prefix, one per family joined by +; required
//   outside=        what it becomes: as long; required
//   quotes=yes      translate what ICMP errors quote
//
// Example:  prefixnat:inside=192.0.2.0/29+2001:db8:c:1::/64,outside=203.0.113.8/29+2001:db8:ff:1::/64
//
// Seen in the wild: networks with two providers and no address space of their own (RFC 6296), 1:1 NAT of small offices.
#include <nlohmann/json.hpp>

#include "middleboxes/box.hh"
#include "path/prefix_map.hh"
#include "path/quote_edit.hh"
#include "util/error.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

class PrefixNat final : public Middlebox {
 public:
  PrefixNat(const Params& p, Rng) : quotes_(p.flag("quotes")) {
    const std::vector<Prefix> inside = parse_prefixes(p.text("inside"));
    for (const Prefix& outside : parse_prefixes(p.text("outside"))) {
      const auto same = std::ranges::find(inside, outside.size, &Prefix::size);
      if (same == inside.end()) throw UsageError("prefixnat: outside= has a family that inside= has not");
      maps_.emplace_back(*same, outside);
    }
  }

  void packet(Packet p, const Seen& seen, Emit& out) override {
    const Layout& l = seen.layout;
    const ConstBytes bytes = std::as_const(p).bytes();
    const auto map = std::ranges::find_if(maps_, [&](const PrefixMap& m) {
      return m.inside().size == (l.version == 4 ? 4 : l.version == 6 ? 16 : 0);
    });
    if (map == maps_.end()) return out.send(std::move(p), seen.toward);
    const bool up = seen.toward == Direction::to_server;
    const Quote quote = quotes_ ? quote_of(bytes, l) : Quote{};
    if (quote.there) translate_quote(p, l, quote, *map, up);
    if (up) {
      if (const auto to = map->out(source_address(bytes, l)))
        set_source_address(p, l, ConstBytes(*to).first(map->inside().size));
    }
    const auto back = map->in(destination_address(bytes, l));
    if (back) set_destination_address(p, l, ConstBytes(*back).first(map->inside().size));
    out.send(std::move(p), up && back ? opposite(seen.toward) : seen.toward);
  }

 private:
  // It went the other way, and was translated there.
  static void translate_quote(Packet& p, const Layout& l, const Quote& q, const PrefixMap& map, bool up) {
    const ConstBytes quoted = std::as_const(p).bytes().subspan(q.offset, q.size);
    if (q.inner.version != l.version) return;
    QuoteEdit edit(p, l, q);
    const auto source = up ? std::nullopt : map.in(source_address(quoted, q.inner));
    const auto destination = up ? map.out(destination_address(quoted, q.inner)) : std::nullopt;
    if (source) edit.set_source_address(ConstBytes(*source).first(map.inside().size));
    if (destination) edit.set_destination_address(ConstBytes(*destination).first(map.inside().size));
  }

  bool quotes_;
  std::vector<PrefixMap> maps_;
};

std::vector<DeclaredEdit> declares(const Params&) {
  return {{"addr_rewritten", "src", "c2s"}, {"addr_rewritten", "dst", "s2c"}};
}

}  // namespace

BoxEntry prefixnat_box() {
  return {.schema = {.name = "prefixnat",
                     .params =
                         with_common({required(param("inside", ParamType::text, "",
                                                     "the client's prefix, one per family, joined by +")),
                                      required(param("outside", ParamType::text, "", "what it becomes")),
                                      param("quotes", ParamType::boolean, "yes", "translate what ICMP errors quote")}),
                     .declares = declares},
          .make = make_box<PrefixNat>};
}

}  // namespace gauntlet
