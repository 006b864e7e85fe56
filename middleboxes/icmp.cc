// icmp: answers with an ICMP error
//
// The sender of the selected packet gets an ICMP error about it, which quotes all of it (up to 576 bytes, IPv6 1280).
// By default one for each flow; choose the packet with when and nth.
//
// Parameters:
//   error=host      net, host, port, admin (unreachable), toobig, ttl (time exceeded)
//   mtu=1400        with error=toobig: the MTU it tells
//   from=           address that sends it, one per family joined by +; left out: that of the packet's destination
//   drop=no         drop the packet
//
// Examples:  icmp:nth=20,path=p1      icmp:error=toobig,mtu=1000,drop=yes,count=0
//
// Seen in the wild: firewalls that reject, routers that lost their way; RFC 8684 section 3.3.6 has what a subflow that
// fails means.
#include <nlohmann/json.hpp>

#include "middleboxes/box.hh"
#include "path/icmp_error.hh"
#include "path/prefix.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

class Icmp final : public Middlebox {
 public:
  Icmp(const Params& p, Rng)
      : error_(p.text("error")),
        mtu_(static_cast<uint16_t>(p.number("mtu"))),
        from_(parse_prefixes(p.text("from"))),
        drop_(p.flag("drop")) {}

  void packet(Packet p, const Seen& seen, Emit& out) override {
    const ConstBytes bytes = std::as_const(p).bytes();
    ConstBytes from = destination_address(bytes, seen.layout);
    for (const Prefix& f : from_) {
      if (f.size == from.size()) from = f.bytes();
    }
    auto answer = make_icmp_error(bytes, seen.layout, error_, mtu_, from);
    if (!drop_ || !answer) out.send(std::move(p), seen.toward);
    if (!answer) return;
    ++sent_;
    out.send(std::move(*answer), opposite(seen.toward));
  }
  Json state() const override { return {{"sent", sent_}}; }

 private:
  std::string error_;
  uint16_t mtu_;
  std::vector<Prefix> from_;
  bool drop_;
  uint64_t sent_ = 0;
};

std::vector<DeclaredEdit> declares(const Params& p) {
  std::vector<DeclaredEdit> all{{"injected", "icmp error", "both"}};
  if (p.flag("drop")) all.push_back({"dropped", "", p.text("dir")});
  return all;
}

}  // namespace

BoxEntry icmp_box() {
  return {.schema = {.name = "icmp",
                     .params = once(
                         with_common({choice("error", {"host", "net", "port", "admin", "toobig", "ttl"}, "which error"),
                                      number("mtu", "1400", 68, 65535, "the MTU it tells"),
                                      param("from", ParamType::text, "", "address that sends it"),
                                      param("drop", ParamType::boolean, "no", "drop the packet")},
                                     "c2s", "data")),
                     .declares = declares},
          .make = make_box<Icmp>};
}

}  // namespace gauntlet
