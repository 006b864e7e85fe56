// syn-proxy: answers SYNs itself and opens to the server when the client has answered
//
// The client's SYN gets a SYN/ACK of the box: MSS and, where the client offers them, window scale, SACK and timestamps,
// but nothing the box does not know, and a window of zero. When the client's ACK comes the box opens to the server the
// same way and gives the client the server's window. From then on it only translates: the server's sequence numbers
// (acknowledgements and SACK blocks with them), its timestamps, and windows where the scales differ.
//
// Parameters:
//   mss=1460        of the SYN/ACK
//   wscale=7        of the SYN/ACK
//   quotes=yes      translate the sequence and acknowledgement numbers that ICMP errors quote
//   limit=65536     connections; past it the one that was quiet longest is forgotten
//
// Example:  syn-proxy
//
// Seen in the wild: protection against SYN floods: netfilter's SYNPROXY target, firewalls, load balancers.
#include <nlohmann/json.hpp>

#include "middleboxes/box.hh"
#include "connection/sessions.hh"
#include "connection/syn_opening.hh"
#include "path/teaches.hh"

namespace gauntlet {
namespace {

class SynProxy final : public Middlebox {
 public:
  SynProxy(const Params& p, Rng rng)
      : rng_(rng),
        mss_(static_cast<uint16_t>(p.number("mss"))),
        wscale_(static_cast<uint8_t>(p.number("wscale"))),
        quotes_(p.flag("quotes")),
        sessions_(static_cast<size_t>(p.number("limit"))) {}

  void packet(Packet p, const Seen& seen, Emit& out) override {
    if (seen.flow == kNoFlow) {
      if (const SynOpening* about = quotes_ ? sessions_.quoted(seen) : nullptr) about->quote(p, seen);
      return out.send(std::move(p), seen.toward);
    }
    const bool up = seen.toward == Direction::to_server;
    SynOpening* session = sessions_.find(seen);
    // What the box answers itself must be whole; what it only translates stays as damaged as it is.
    const bool open = session != nullptr && session->open(), synack = (seen.classes & kClassSynack) != 0;
    const bool good = open ? !synack || l4_checksum_ok(std::as_const(p).bytes(), seen.layout)
                           : teaches(std::as_const(p).bytes(), seen);
    if (session != nullptr && !good) return;
    if (session == nullptr) {
      const bool opens =
          seen.selected && up && (seen.classes & kClassSyn) != 0 && teaches(std::as_const(p).bytes(), seen);
      if (!opens && !sessions_.had(seen)) return out.send(std::move(p), seen.toward);
      if (!opens) return;  // a connection the box forgot
      session = &sessions_.make(seen, std::as_const(p).bytes(), seen.layout, static_cast<uint32_t>(rng_.next()), mss_,
                                wscale_);
      ++answered_;
    }
    up ? session->from_client(std::move(p), seen, out) : session->from_server(std::move(p), seen, out);
    session->over() ? sessions_.remove(seen.flow) : sessions_.touched(seen.flow);
  }
  std::optional<Time> next_tick() const override { return sessions_.next_tick(); }
  void tick(Time now, Emit& out) override {
    sessions_.tick(now, [&](FlowId flow, SynOpening& session) {
      session.tick(now, out);
      if (session.over()) sessions_.remove(flow);
    });
  }
  Json state() const override {
    return {{"answered", answered_}, {"open", sessions_.size()}, {"forgotten", sessions_.forgotten()}};
  }

 private:
  Rng rng_;
  uint16_t mss_;
  uint8_t wscale_;
  bool quotes_;
  Sessions<SynOpening> sessions_;
  uint64_t answered_ = 0;
};

// Who shakes hands with whom changes every SYN; afterwards it is a shift and a scale.
std::vector<DeclaredEdit> declares(const Params&) {
  std::vector<DeclaredEdit> all{{"removed", "", "both"},          {"added", "", "both"},
                                {"option_reordered", "", "both"}, {"value_changed", "", "both"},
                                {"injected", "", "both"},         {"dropped", "", "both"},
                                {"proxy_acked", "", "s2c"},       {"syn_blocked", "", "c2s"},
                                {"isn_shift", "seq", "s2c"},      {"window_changed", "", "both"}};
  for (const char* kind : {"wscale_changed", "mss_clamped", "ip_id_rewritten", "ttl_delta", "dscp_ecn_changed",
                           "flags_changed", "delayed"}) {
    all.push_back({kind, "", "both"});
  }
  return all;
}

}  // namespace

BoxEntry syn_proxy_box() {
  return {.schema = {.name = "syn-proxy",
                     .params = with_common({number("mss", "1460", 64, 65535, "of the SYN/ACK"),
                                            number("wscale", "7", 0, 14, "of the SYN/ACK"),
                                            param("quotes", ParamType::boolean, "yes", "translate ICMP quotes"),
                                            number("limit", "65536", 1, 1 << 20, "connections")}),
                     .declares = declares},
          .make = make_box<SynProxy>,
          .sees_all = true};
}

}  // namespace gauntlet
