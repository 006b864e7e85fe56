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
#include <charconv>

#include "connection/translator.hh"
#include "middleboxes/box.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

class Nat final : public Translator {
 public:
  Nat(const Params& p, Rng rng) : Translator(parse_prefixes(p.text("pool")), options(p), rng) {}

 private:
  static Options options(const Params& p) {
    Options o;
    NatTable::Options& t = o.table;
    const std::string& range = p.text("range");
    const char* const end = range.data() + range.size();
    const auto first = std::from_chars(range.data(), end, t.first);
    const auto last = std::from_chars(std::min(first.ptr + 1, end), end, t.last);
    if (first.ec != std::errc{} || last.ec != std::errc{} || last.ptr != end || t.first > t.last || t.first == 0)
      throw UsageError("nat: range=" + range + " is not FIRST-LAST, from 1 to 65535");
    t.keep = p.text("ports") == "keep";
    t.block = static_cast<uint16_t>(p.number("block"));
    t.idle = Duration(p.number("idle"));
    t.packets = static_cast<uint64_t>(p.number("packets"));
    t.bytes = static_cast<uint64_t>(p.number("bytes"));
    t.limit = static_cast<size_t>(p.number("limit"));
    o.hairpin = p.flag("hairpin"), o.quotes = p.flag("quotes");
    if (p.text("lost") != "new") o.lost = p.text("lost") == "rst" ? Options::Lost::reset : Options::Lost::silent;
    return o;
  }
};

std::vector<ParamSpec> params() {
  return {required(param("pool", ParamType::text, "", "outside address or prefix, one per family, joined by +")),
          choice("ports", {"rewrite", "keep"}, "what happens to the port"),
          param("range", ParamType::text, "1024-65535", "ports to give out"),
          number("block", "0", 0, 65535, "ports of each inside address; 0: all"),
          duration("idle", "0s", 0, "a mapping that was quiet as long is lost; 0: never"),
          number("packets", "0", 0, INT64_MAX, "a mapping is lost after as many; 0: never"),
          size_param("bytes", "0", 0, INT64_MAX, "or after as many bytes; 0: never"),
          number("limit", "65536", 1, 1 << 20, "mappings"),
          param("hairpin", ParamType::boolean, "yes", "the client's packets to the pool come back"),
          param("quotes", ParamType::boolean, "yes", "translate what ICMP errors quote"),
          choice("lost", {"new", "silence", "rst"}, "what becomes of a lost mapping's packets")};
}

std::vector<DeclaredEdit> declares(const Params& p) {
  std::vector<DeclaredEdit> all{{"addr_rewritten", "src", "c2s"}, {"addr_rewritten", "dst", "s2c"}};
  const bool loses = p.given("idle") || p.given("packets") || p.given("bytes");
  if (p.text("ports") == "rewrite" || (loses && p.text("lost") == "new")) {
    all.push_back({"port_rewritten", "sport", "c2s"});
    all.push_back({"port_rewritten", "dport", "s2c"});
  }
  if (loses) all.push_back({"dropped", "", "both"});
  // What goes on under another address and port is another flow to whoever
  // compares captures, and the server's answer to it one that nobody asked
  // for.
  if (loses && p.text("lost") == "new")
    all.push_back({"injected", "", "c2s"}), all.push_back({"rst_injected", "", "s2c"});
  if (loses && p.text("lost") == "rst") all.push_back({"rst_injected", "", "both"});
  return all;
}

}  // namespace

BoxEntry nat_box() {
  return {.schema = {.name = "nat", .params = with_common(params()), .declares = declares},
          .make = make_box<Nat>,
          .sees_all = true};
}

}  // namespace gauntlet
