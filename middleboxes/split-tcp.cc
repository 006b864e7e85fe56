// split-tcp: a transparent proxy that ends both sides
//
// The client's connection ends here, in the server's name, and another one is made to the server in the client's name:
// addresses and ports stay, everything else (sequence numbers, options, segmentation, windows, timing) is new. What the
// box knows nothing of, MPTCP for instance, does not pass.
//
// Parameters:
//   accept=early    early: the SYN is answered at once; late: when the server has answered
//   buffer=256KiB   bytes held for each direction of a connection
//   quotes=yes      ICMP errors about the box's own segments go on, quoting numbers that their reader knows; no:
//                   as they come
//   limit=4096      connections; past it the one that was quiet longest is forgotten
//
// Example:  split-tcp:accept=late,path=p2
//
// Seen in the wild: performance-enhancing proxies on satellite and mobile networks, transparent web proxies (RFC 3135,
// RFC 6182 section 7).
#include <nlohmann/json.hpp>

#include "connection/proxied.hh"
#include "connection/sessions.hh"
#include "middleboxes/box.hh"
#include "path/teaches.hh"

namespace gauntlet {
namespace {

class SplitTcp final : public Middlebox {
 public:
  SplitTcp(const Params& p, Rng rng)
      : rng_(rng),
        late_(p.text("accept") == "late"),
        buffer_(static_cast<size_t>(p.number("buffer"))),
        quotes_(p.flag("quotes")),
        sessions_(static_cast<size_t>(p.number("limit"))) {}

  void packet(Packet p, const Seen& seen, Emit& out) override {
    if (seen.flow == kNoFlow) {
      if (const Proxied* about = quotes_ ? sessions_.quoted(seen) : nullptr) about->quote(p, seen);
      return out.send(std::move(p), seen.toward);
    }
    const ConstBytes bytes = std::as_const(p).bytes();
    Proxied* session = sessions_.find(seen);
    const bool syn = seen.toward == Direction::to_server && (seen.classes & kClassSyn) != 0;
    if (session == nullptr && syn)
      session = sessions_.adopt(seen, [&](const Proxied& s) { return s.is_of(bytes, seen.layout); });
    if (session == nullptr) {
      const bool opens = syn && seen.selected && teaches(bytes, seen);
      if (!opens && !sessions_.had(seen)) return out.send(std::move(p), seen.toward);
      if (!opens) return;  // a connection the box forgot
      session = &sessions_.make(seen, bytes, seen.layout, buffer_, rng_);
      ++opened_;
      session->open(bytes, late_, seen.now);
    } else {
      session->segment(bytes, seen.toward, seen.now);
    }
    session->relay(seen.now, out);
    session->over() ? sessions_.remove(seen.flow) : sessions_.touched(seen.flow);
  }
  std::optional<Time> next_tick() const override { return sessions_.next_tick(); }
  void tick(Time now, Emit& out) override {
    sessions_.tick(now, [&](FlowId flow, Proxied& session) {
      session.tick(now);
      session.relay(now, out);
      if (session.over()) sessions_.remove(flow);
    });
  }
  Json state() const override {
    return {{"opened", opened_}, {"open", sessions_.size()}, {"forgotten", sessions_.forgotten()}};
  }

 private:
  Rng rng_;
  bool late_;
  size_t buffer_;
  bool quotes_;
  Sessions<Proxied> sessions_;
  uint64_t opened_ = 0;
};

// Both directions are other segments altogether; bytes and addresses stay.
std::vector<DeclaredEdit> declares(const Params&) {
  std::vector<DeclaredEdit> all;
  for (const char* kind :
       {"isn_shift",   "ack_shift",       "window_changed", "wscale_changed",   "mss_clamped", "flags_changed",
        "removed",     "added",           "value_changed",  "option_reordered", "split",       "merged",
        "resegmented", "proxy_acked",     "injected",       "dropped",          "duplicated",  "reordered",
        "delayed",     "ip_id_rewritten", "ttl_delta",      "dscp_ecn_changed"}) {
    all.push_back({kind, "", "both"});
  }
  return all;
}

}  // namespace

BoxEntry split_tcp_box() {
  return {.schema = {.name = "split-tcp",
                     .params = with_common({choice("accept", {"early", "late"}, "when the SYN is answered"),
                                            size_param("buffer", "256KiB", 2048, 64 << 20, "bytes held per direction"),
                                            param("quotes", ParamType::boolean, "yes", "translate ICMP quotes"),
                                            number("limit", "4096", 1, 1 << 20, "connections")}),
                     .declares = declares},
          .make = make_box<SplitTcp>,
          .sees_all = true};
}

}  // namespace gauntlet
