// police: drops or marks what exceeds a rate, for some ports
//
// A token bucket fills at `kbit` and holds `burst` bytes; a selected packet to or from one of the ports takes its IP
// length from it. One that finds too little does not wait: it is dropped, or marked. Other ports pass.
//
// Parameters:
//   port=           TCP or UDP ports of either end, joined by +; left out: every packet counts
//   kbit=2000       rate, in 1000 bits per second of IP packets
//   burst=15000     bytes that may go at once
//   each=way        one bucket for each way (direction), or for each flow and way
//   over=drop       drop; ce: congestion experienced where the packet is ECN-capable, else drop (RFC 3168 5)
//
// Examples:  police:port=5003,kbit=4000      police:each=flow,over=ce,dir=c2s
//
// Seen in the wild: access networks that police by port or service (RFC 8041 section 3.5): one subflow can be slower
// than its path is.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "middleboxes/box.hh"
#include "path/ip_edit.hh"
#include "path/per_flow.hh"
#include "util/number_list.hh"
#include "util/token_bucket.hh"

namespace gauntlet {
namespace {

class Police final : public Middlebox {
 public:
  Police(const Params& p, Rng)
      : ports_(number_list(p.text("port"), 1, 65535, "police: port=")),
        bucket_(static_cast<uint64_t>(p.number("kbit")) * 125, static_cast<uint64_t>(p.number("burst"))),
        ways_{bucket_, bucket_},
        each_flow_(p.text("each") == "flow"),
        mark_(p.text("over") == "ce") {}

  void packet(Packet p, const Seen& seen, Emit& out) override {
    const Layout& l = seen.layout;
    if (counts(std::as_const(p).bytes(), l) && !bucket_of(seen).take(p.size(), seen.now)) {
      const uint8_t tos = traffic_class(std::as_const(p).bytes(), l);
      if (!mark_ || (tos & 3) == 0) {
        ++dropped_;
        return;
      }
      ++marked_;
      set_traffic_class(p, l, tos | 3);
    }
    out.send(std::move(p), seen.toward);
  }
  Json state() const override { return {{"dropped", dropped_}, {"marked", marked_}}; }

 private:
  bool counts(ConstBytes p, const Layout& l) const {
    if (l.version == 0 || ports_.empty()) return l.version != 0;
    if ((l.proto != kProtoTcp && l.proto != kProtoUdp) || !l.first || l.l4 + 4u > p.size()) return false;
    const uint8_t* upper = p.data() + l.l4;
    return std::ranges::any_of(ports_,
                               [&](uint32_t port) { return load16(upper) == port || load16(upper + 2) == port; });
  }
  TokenBucket& bucket_of(const Seen& seen) {
    const auto way = static_cast<size_t>(seen.toward);
    if (!each_flow_ || seen.flow == kNoFlow) return ways_[way];
    auto& own = flows_.at(seen)[way];
    return own ? *own : own.emplace(bucket_);
  }

  std::vector<uint32_t> ports_;
  TokenBucket bucket_, ways_[2];  // a full one; by Direction
  bool each_flow_, mark_;
  PerFlow<std::array<std::optional<TokenBucket>, 2>> flows_;
  uint64_t dropped_ = 0, marked_ = 0;
};

std::vector<DeclaredEdit> declares(const Params& p) {
  std::vector<DeclaredEdit> all{{"dropped", "", p.text("dir")}};
  if (p.text("over") == "ce") all.push_back({"dscp_ecn_changed", "ecn", p.text("dir")});
  return all;
}

}  // namespace

BoxEntry police_box() {
  return {.schema = {.name = "police",
                     .params = with_common({param("port", ParamType::text, "", "ports of either end, joined by +"),
                                            number("kbit", "2000", 1, 100000000, "1000 bits per second"),
                                            number("burst", "15000", 1500, 1000000000, "bytes that may go at once"),
                                            choice("each", {"way", "flow"}, "who has a bucket"),
                                            choice("over", {"drop", "ce"}, "what becomes of too much")}),
                     .declares = declares},
          .make = make_box<Police>};
}

}  // namespace gauntlet
