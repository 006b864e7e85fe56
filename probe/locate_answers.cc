// What the destination answered, and what it did not. A SYN/ACK is read as a reply; it is never compared with the SYN.
#include <fmt/core.h>

#include <algorithm>

#include "mptcp/option.hh"
#include "probe/answers.hh"
#include "probe/hop_reading.hh"
#include "probe/locate.hh"
#include "probe/ways.hh"
#include "wire/layout.hh"
#include "wire/options.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

const char* mark_of(const ProbeRun& run) {  // the option that sets this SYN apart from the control
  if (run.spec.has_option("mpcapable") || run.spec.has_option("mpcapable-v0")) return "mptcp.mp_capable";
  if (run.spec.has_option("mpjoin")) return "mptcp.mp_join";
  if (run.spec.has_option("opt")) return "tcp.option_253";
  return run.spec.ecn != 0 || run.spec.dscp != 0 ? "ip.ecn" : nullptr;
}

bool removed_on_the_way(const TraceReport& report, const std::string& field) {
  return std::any_of(report.findings.begin(), report.findings.end(), [&](const TraceFinding& f) {
    return f.field == field && f.segment == "syn" && f.direction == PathDirection::forward;
  });
}

class Answers {
 public:
  Answers(const Observation& o, TraceReport& report) : o_(o), report_(report) {
    for (const ProbeRun& run : o.runs) {
      if (!is_syn(run)) continue;
      const SynAnswer a = answer_of(run);
      if (a.syn_ack && control_ == nullptr && mark_of(run) == nullptr) control_ = &run;
      any_syn_ack_ = any_syn_ack_ || a.syn_ack;
      any_rst_ = any_rst_ || a.rst;
    }
  }

  void run() {
    reach();
    broken_checksums();
    for (const ProbeRun& r : o_.runs) {
      if (!is_syn(r)) continue;
      const SynAnswer a = answer_of(r);
      const char* mark = mark_of(r);
      if (mark != nullptr && control_ != nullptr && !a.syn_ack && !a.rst) dropped(r, mark);
      if (control_ != nullptr && a.rst && !r.spec.has_option("mpjoin")) reset(r, a, mark);
      if (a.syn_ack && a.ack != r.flow.seq + static_cast<uint32_t>(r.spec.seq_offset) + 1) acknowledged_otherwise(r, a);
      if (a.syn_ack) mirrored(r, a);
    }
    oracle();
  }

 private:
  void reach() {
    const HopQuote* unreachable = nullptr;
    for (const ProbeRun& r : o_.runs)
      for (const HopQuote& q : r.quotes)
        if (r.spec.proto == kProtoTcp && q.type == (o_.destination.version == 4 ? 3 : 1) &&
            (unreachable == nullptr || q.ttl < unreachable->ttl))
          unreachable = &q;
    report_.reach = any_syn_ack_             ? Reach::answered
                    : any_rst_               ? Reach::refused
                    : unreachable != nullptr ? Reach::unreachable
                    : report_.distance > 0   ? Reach::answered
                                             : Reach::silent;
    if (report_.reach == Reach::unreachable && turned_back(*unreachable, o_.destination))
      report_.notes.push_back({"path.unreachable", fmt::format("{} says that the host cannot be reached (code {})",
                                                               to_text(unreachable->from), unreachable->code)});
  }

  // A checksum that does not fit, and nobody answers: it is the segments that are broken, not the quotes of them.
  void broken_checksums() {
    for (TraceFinding& f : report_.findings) {
      if (f.field != "tcp.checksum" || f.verdict != "untranslated-quote") continue;
      bool asked = false, answered = false;
      for (const ProbeRun& r : o_.runs) {
        if (!is_syn(r) || std::find(f.probes.begin(), f.probes.end(), r.name) == f.probes.end()) continue;
        asked = true;
        answered = answered || !r.replies.empty();
      }
      if (!asked || answered) continue;
      f.verdict = "broken";
      f.id = make_finding(f.field, f.segment, f.direction, f.verdict).id;
    }
  }

  TraceFinding finding(const std::string& field, const char* segment, PathDirection d, const char* verdict,
                       const ProbeRun& r, HopInterval i) {
    TraceFinding f = make_finding(field, segment, d, verdict);
    f.interval = std::move(i);
    f.probes = {r.name};
    f.agree = f.asked = 1;
    return f;
  }

  // A SYN without the option that was answered and went the same way: on another one it shows nothing.
  const ProbeRun* control_of(const ProbeRun& r) const {
    for (const ProbeRun& c : o_.runs)
      if (is_syn(c) && !c.copies_only && mark_of(c) == nullptr && answer_of(c).syn_ack && same_way(r, c)) return &c;
    return nullptr;
  }

  void untold(const ProbeRun& r) {
    report_.notes.push_back(
        {"path.inconsistent", fmt::format("{} is not answered as others are, and goes another way than every SYN "
                                          "that is: the option or the path, cannot be told",
                                          r.name)});
  }

  // The control got through, this one did not: it ends between the last hop that quotes it and the first that does not
  // and quotes the control. Where routers limit what they send, silence proves nothing.
  void dropped(const ProbeRun& r, const char* mark) {
    const ProbeRun* control = control_of(r);
    if (control == nullptr) return untold(r);
    const uint8_t last = last_hop_of(r);
    const uint8_t end = tcp_distance_of(o_);
    uint8_t hi = 0;
    for (const HopQuote& q : control->quotes)
      if (q.ttl > last && q.from != o_.destination && (hi == 0 || q.ttl < hi)) hi = q.ttl;
    const bool limited = std::any_of(r.limited.begin(), r.limited.end(), [&](uint8_t ttl) { return ttl > last; });
    if (limited || r.tries < 2) {
      report_.notes.push_back(
          {"probe.unanswered", fmt::format("{}: no answer, and answers are missing (routers limit theirs, or they were "
                                           "lost here): dropped or not, cannot be told",
                                           r.name)});
      return;
    }
    HopInterval i{last, hi == 0 ? kDestination : hi, {}};
    for (int ttl = last + 1; ttl < std::min<int>(i.hi, end); ++ttl)
      i.wide_because.push_back(fmt::format("hop {}: silent", ttl));
    // Quoted by the last router there is: lost behind it, or its answer was lost on the way back. Where the other side
    // says what arrived, it is known which.
    const auto arrived = [](const ProbeRun& run) {
      return std::any_of(run.quotes.begin(), run.quotes.end(), [](const HopQuote& q) { return q.type == kArrival; });
    };
    const bool told = arrived(*control) && !arrived(r);
    if (hi == 0 && told) i.hi = end;
    const bool whole = hi == 0 && !told;
    add_finding(report_, finding(mark, "syn", whole ? PathDirection::either : PathDirection::forward, "dropped", r, i));
  }

  void reset(const ProbeRun& r, const SynAnswer& a, const char* mark) {
    const SynAnswer c = answer_of(*control_);
    if (c.rst && mark == nullptr && &r == control_) {
      TraceFinding f = finding("tcp.rst", "syn", PathDirection::either, "injected", r, {0, kDestination, {}});
      f.before = fmt::format("SYN/ACK from {} hops away", hops_back(c.reply_ttl));
      f.after = fmt::format("RST from {} hops away", hops_back(c.rst_ttl));
      if (hops_back(c.reply_ttl) != hops_back(c.rst_ttl)) add_finding(report_, std::move(f));
      return;
    }
    if (mark == nullptr || a.syn_ack) return;
    if (control_of(r) == nullptr) return untold(r);
    TraceFinding f = finding(mark, "syn", PathDirection::either, "reset", r, {last_hop_of(r), kDestination, {}});
    f.before = "SYN/ACK without the option";
    f.after = fmt::format("RST from {} hops away", hops_back(a.rst_ttl));
    add_finding(report_, std::move(f));
  }

  void acknowledged_otherwise(const ProbeRun& r, const SynAnswer& a) {
    TraceFinding f = finding("tcp.ack", "", PathDirection::back, "untranslated", r, {0, kDestination, {}});
    f.before = fmt::format("{}", r.flow.seq + 1);
    f.after = fmt::format("{}", a.ack);
    add_finding(report_, std::move(f));
  }

  // RFC 8684 3.1: the receiver answers with its own key. What sends our option back has not understood it.
  void mirrored(const ProbeRun& r, const SynAnswer& a) {
    const auto option = a.option(kOptMptcp);
    if (option.empty() || mark_of(r) == nullptr) return;
    const auto ours = first_sent(r);
    const Layout l = layout_of(ours);
    if (!l.tcp) return;
    const ConstBytes block = TcpView(ours, l).options();
    const Option sent = find_option(block, kOptMptcp);
    if (sent.size != option.size() || !std::equal(option.begin(), option.end(), block.begin() + sent.offset)) return;
    add_finding(report_, finding(mark_of(r), "synack", PathDirection::back, "mirrored", r, {0, kDestination, {}}));
  }

  // RFC 8684 3.1 and 3.2: a listener that speaks MPTCP resets an MP_JOIN whose token it does not know, and answers
  // MP_CAPABLE with its key.
  void oracle() {
    const ProbeRun* capable = find_syn(o_, "mpcapable");
    const ProbeRun* join = find_syn(o_, "mpjoin");
    if (capable == nullptr) return;
    const SynAnswer c = answer_of(*capable);
    if (!c.syn_ack) return;
    const auto option = c.option(kOptMptcp);
    const bool answered = subtype_of(option) == Subtype::capable;
    if (answered || removed_on_the_way(report_, "mptcp.mp_capable")) return;
    const SynAnswer j = join != nullptr ? answer_of(*join) : SynAnswer{};
    const uint8_t last = last_hop_of(*capable);
    if (j.rst && !j.syn_ack && control_ != nullptr && got_through(*capable)) {
      TraceFinding f =
          finding("mptcp.mp_capable", "synack", PathDirection::back, "stripped", *capable, {0, kDestination, {}});
      f.probes.push_back("mpjoin");
      f.before = "the server's key";
      f.after = "no MP_CAPABLE in the SYN/ACK";
      f.inferred = true;
      f.interval.wide_because = {"return path: hops show themselves only to the other side (--agent)"};
      add_finding(report_, std::move(f));
    } else {
      report_.notes.push_back(
          {"server.no-mptcp",
           fmt::format(
               "the SYN/ACK has no MP_CAPABLE: {}the option is removed or changed "
               "between hop {} and the server in one direction or the other; only the other side can tell (--agent)",
               j.rst && !j.syn_ack ? "" : "the server does not speak MPTCP, or ", last)});
    }
  }

  // The hop in front of the destination quoted the option as it was sent: what is missing in the answer was lost later.
  // Behind a silent last hop either direction may have lost it.
  bool got_through(const ProbeRun& capable) const {
    TraceReport aside;
    aside.distance = report_.distance;
    const auto hops = hops_of(o_, capable, aside);
    for (auto h = hops.rbegin(); h != hops.rend(); ++h) {
      if (!h->seen) continue;
      const auto field = h->seen->fields.find("mptcp.mp_capable");
      return h->ttl + 1 == report_.distance && field != h->seen->fields.end() &&
             field->second.evidence == Evidence::equal;
    }
    return hops.empty();
  }

  const Observation& o_;
  TraceReport& report_;
  const ProbeRun* control_ = nullptr;
  bool any_syn_ack_ = false, any_rst_ = false;
};

}  // namespace

void locate_answers(const Observation& o, TraceReport& report) { Answers(o, report).run(); }

}  // namespace gauntlet
