// Probes inside an open connection: which of them vanish where others pass, and answers that nobody but a box can have
// given, because none of these probes reaches the server.
#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "probe/answers.hh"
#include "probe/locate.hh"
#include "wire/layout.hh"
#include "wire/options.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

struct Lost {
  const ProbeRun* run;
  uint8_t last, next;  // the last hop that quotes it; the first behind that which quotes other segments
};

std::set<std::string> mptcp_of(const ProbeRun& run) {
  std::set<std::string> out;
  const Layout l = layout_of(run.sent.front());
  if (!l.tcp) return out;
  const ConstBytes options = TcpView(run.sent.front(), l).options();
  for (const Option& o : options_of(options))
    if (o.kind == kOptMptcp && !o.malformed) out.insert(feature_of(options.subspan(o.offset, o.size)));
  return out;
}

class FlowLocator {
 public:
  FlowLocator(const Observation& o, TraceReport& report) : o_(o), report_(report) {
    for (const ProbeRun& run : o.runs)
      if (run.copies_only && run.spec.proto == kProtoTcp && !run.sent.empty() && !run.sent.front().empty())
        copies_.push_back(&run);
  }

  void run() {
    vanished();
    answers();
  }

 private:
  bool limited_behind(const ProbeRun& r, uint8_t last) const {
    return std::any_of(r.limited.begin(), r.limited.end(), [&](uint8_t ttl) { return ttl > last; });
  }

  // How far it got for certain. A box that sends a segment it has kept may put the new one's window into it: then a
  // quote names another TTL than the one that ended there, and the router that quotes says better where that was.
  uint8_t reached(const ProbeRun& r) const {
    uint8_t last = last_hop_of(r);
    for (const HopQuote& q : r.quotes)
      for (const ProbeRun& other : o_.runs)
        for (const HopQuote& known : other.quotes)
          if (q.type != kArrival && known.type != kArrival && known.from == q.from && known.from != o_.destination)
            last = std::max(last, known.ttl);
    return last;
  }

  void vanished() {
    std::vector<Lost> lost;
    std::vector<const ProbeRun*> passed, unsure;
    for (const ProbeRun* r : copies_) {
      const uint8_t last = reached(*r);
      if (r->spec.fresh) continue;  // each is sent once, and the second of two may arrive inside the first
      uint8_t next = 0;
      for (const ProbeRun& other : o_.runs)
        for (const HopQuote& q : other.quotes)
          if (other.spec.proto == kProtoTcp && q.type != kArrival && q.from != o_.destination && q.ttl > last &&
              (next == 0 || q.ttl < next))
            next = q.ttl;
      if (next == 0)
        passed.push_back(r);
      else if (!limited_behind(*r, last) && r->tries >= kCertain)
        lost.push_back({r, last, next});
      else
        unsure.push_back(r);
    }
    if (lost.empty() || (passed.empty() && !unsure.empty())) return;
    const bool nothing_passed = passed.empty();
    passed.insert(passed.end(), unsure.begin(), unsure.end());  // what may have passed is no part of a reason
    // One place for all of them: as narrow as together they show it.
    Lost place = lost.front();
    for (const Lost& l : lost) {
      place.last = std::max(place.last, l.last);
      place.next = std::min(place.next, l.next);
    }
    if (place.last >= place.next) return;  // not one box: chance, or several paths
    if (nothing_passed)
      add("tcp.connection", lost, place);
    else if (reasons(lost, passed).empty())
      report_.notes.push_back(
          {"path.lossy", fmt::format("{} probes get no further than hop {} and others like them do: "
                                     "loss, or a rule that none of the probes shows",
                                     lost.size(), place.last)});
    else
      for (const std::string& field : reasons(lost, passed)) add(field, lost, place);
  }

  // What all that vanished have and none that passed: an MPTCP option, payload, size.
  static std::vector<std::string> reasons(const std::vector<Lost>& lost, const std::vector<const ProbeRun*>& passed) {
    const auto tells_apart = [&](const auto& has) {
      return std::all_of(lost.begin(), lost.end(), [&](const Lost& l) { return has(*l.run); }) &&
             std::none_of(passed.begin(), passed.end(), [&](const ProbeRun* r) { return has(*r); });
    };
    for (const std::string& field : mptcp_of(*lost.front().run))
      if (tells_apart([&](const ProbeRun& r) { return mptcp_of(r).contains(field); })) return {field};
    if (tells_apart([](const ProbeRun& r) { return !r.spec.payload.empty(); })) return {"payload"};
    if (tells_apart([](const ProbeRun& r) { return !mptcp_of(r).empty(); })) {
      std::set<std::string> all;
      for (const Lost& l : lost) all.merge(mptcp_of(*l.run));
      return {all.begin(), all.end()};
    }
    size_t most = 0;
    for (const ProbeRun* r : passed) most = std::max(most, r->sent.front().size());
    if (tells_apart([&](const ProbeRun& r) { return r.sent.front().size() > most; })) return {"ip.length"};
    return {};
  }

  void add(const std::string& field, const std::vector<Lost>& lost, const Lost& place) {
    std::set<std::string> segments;
    for (const Lost& l : lost) segments.insert(l.run->spec.segment_name());
    const bool carried = field != "ip.length" && field != "tcp.connection" && segments.size() == 1;
    TraceFinding f = make_finding(field, carried ? *segments.begin() : "", PathDirection::forward, "dropped");
    f.interval = {place.last, place.next, {}};
    for (int ttl = place.last + 1; ttl < place.next; ++ttl)
      f.interval.wide_because.push_back(fmt::format("hop {}: silent", ttl));
    for (const Lost& l : lost) f.probes.push_back(l.run->name);
    f.agree = f.asked = static_cast<uint32_t>(lost.size());
    if (field == "ip.length") {
      f.before = fmt::format("{} bytes", lost.front().run->sent.front().size());
      f.after = "nothing";
    }
    add_finding(report_, std::move(f));
  }

  // Our copies end on the way. The server's own answers (a repeated SYN/ACK, its end of the connection) come from where
  // it is; acknowledgements of what it cannot have got come from somebody nearer.
  void answers() {
    uint8_t server = 0;
    for (const ProbeRun& r : o_.runs)
      if (is_syn(r) && server == 0 && answer_of(r).syn_ack) server = hops_back(answer_of(r).reply_ttl);
    const uint8_t unreachable = o_.destination.version == 4 ? 3 : 1;
    for (const ProbeRun& r : o_.runs) {
      if (!is_syn(r) || !answer_of(r).syn_ack) continue;
      for (const HopQuote& q : r.quotes)
        if (q.from == o_.destination && q.type == unreachable && hops_back(q.reply_ttl) < server)
          injected("icmp.error", "injected", r, hops_back(q.reply_ttl), fmt::format("unreachable, code {}", q.code));
    }
    for (const ProbeRun* r : copies_)
      for (const ProbeReply& reply : r->replies) {
        const Layout l = layout_of(reply.packet);
        if (!l.tcp) continue;
        const TcpView t(reply.packet, l);
        if (t.has(kSyn)) continue;
        const uint8_t away = hops_back(ttl_of(reply.packet));
        const bool elsewhere = server != 0 && away < server;
        const uint32_t more = t.ack() - copies_.front()->flow.seq;
        if (t.has(kRst) && elsewhere)
          injected("tcp.rst", "injected", *r, away, "RST");
        else if (t.has(kFin) && elsewhere)
          injected("tcp.fin", "injected", *r, away, "FIN");
        else if (!t.has(kRst) && t.has(kAck) && elsewhere && more - 1 < kFarAhead)
          injected("tcp.connection", "acknowledged-early", *r, away, fmt::format("{} bytes acknowledged", more));
      }
  }

  void injected(const char* field, const char* verdict, const ProbeRun& r, uint8_t away, const std::string& what) {
    TraceFinding f = make_finding(field, "", PathDirection::forward, verdict);
    const bool even = std::all_of(r.quotes.begin(), r.quotes.end(), [&](const HopQuote& q) {
      return q.type == kArrival || q.from == o_.destination || hops_back(q.reply_ttl) == q.ttl;
    });
    // A router's own packets have its TTL; whether its box stands before or behind the check they do not say.
    if (even && away > 0) {
      f.interval = {static_cast<uint8_t>(away - 1),
                    static_cast<uint8_t>(away + 1),
                    {fmt::format("hop {}: answers tell the router, not the side", away)}};
    } else {
      f.interval = {0, kDestination, {"the way back is another one"}};
    }
    f.before = "nothing that reaches the server";
    f.after = fmt::format("{} from {} hops away", what, away);
    f.probes = {r.name};
    f.agree = f.asked = 1;
    if (std::none_of(report_.findings.begin(), report_.findings.end(),
                     [&](const TraceFinding& old) { return old.id == f.id; }))
      add_finding(report_, std::move(f));
  }

  static constexpr uint8_t kCertain = 6;           // tries without an answer, where others of the flow have one
  static constexpr uint32_t kFarAhead = 1u << 20;  // bytes: beyond that it is no acknowledgement of ours
  const Observation& o_;
  TraceReport& report_;
  std::vector<const ProbeRun*> copies_;
};

}  // namespace

void locate_flow(const Observation& o, TraceReport& report) { FlowLocator(o, report).run(); }

}  // namespace gauntlet
