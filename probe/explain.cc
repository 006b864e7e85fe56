// A sentence per finding, and what it means for Multipath TCP (RFC 8684).
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "probe/locate.hh"

namespace gauntlet {
namespace {

struct Meaning {
  const char* field;    // prefix
  const char* segment;  // empty: any
  const char* verdict;  // prefix; empty: any
  const char* text;
};

// First match wins.
constexpr std::array kMeanings{
    Meaning{
        "mptcp.mp_capable", "syn", "dropped",
        "connections stall until the client retries without MPTCP: a fallback after seconds, silent on recent kernels"},
    Meaning{"mptcp.mp_capable", "syn", "reset",
            "connections with MPTCP are refused; only a client that retries without it gets through"},
    Meaning{"mptcp.mp_capable", "syn", "changed",
            "the option arrives damaged: version or flags are not what the client offered (RFC 8684 3.1)"},
    Meaning{"mptcp.mp_capable", "syn", "", "every connection falls back to plain TCP in the handshake (RFC 8684 3.7)"},
    Meaning{"mptcp.mp_capable", "synack", "mirrored",
            "the client must not take the echo of its own option for an MPTCP server; it falls back (RFC 8684 3.1)"},
    Meaning{"mptcp.mp_capable", "synack", "",
            "the client falls back to plain TCP while the server had agreed to MPTCP (RFC 8684 3.7)"},
    Meaning{"mptcp.mp_capable", "", "changed",
            "the keys no longer agree: tokens, joins and data sequence numbers cannot be matched"},
    Meaning{"mptcp.mp_capable", "", "",
            "the server never learns the client's key: it falls back to plain TCP on first data (RFC 8684 3.1, 3.7)"},
    Meaning{"mptcp.dss", "", "dropped",
            "data with a mapping does not get through: the subflow stalls until it is given up (RFC 8684 3.3)"},
    Meaning{"mptcp.", "data", "dropped", "data that carries this option does not get through: the subflow stalls"},
    Meaning{"mptcp.mp_join", "", "changed", "joins fail: the token or the nonce does not match (RFC 8684 3.2)"},
    Meaning{"mptcp.mp_join", "", "", "additional subflows cannot be opened over this path; the first one works on"},
    Meaning{"mptcp.dss", "", "untranslated",
            "mappings point at other bytes than they were made for: data is delivered in the wrong place or, with "
            "checksums, the subflow is closed with MP_FAIL (RFC 8684 3.3.1, 3.7)"},
    Meaning{"mptcp.dss", "", "changed",
            "data sequence mappings are wrong: data is lost or, with checksums, the subflow is closed with MP_FAIL "
            "(RFC 8684 3.3, 3.7)"},
    Meaning{"mptcp.dss", "", "",
            "data arrives without a mapping: fallback before the first acknowledged mapping, a reset subflow after it "
            "(RFC 8684 3.7)"},
    Meaning{"mptcp.add_addr", "", "", "the peer's further addresses stay unknown: subflows toward them are not opened"},
    Meaning{"mptcp.remove_addr", "", "",
            "addresses that are gone are not withdrawn: dead subflows stay until they time out"},
    Meaning{"mptcp.mp_prio", "", "", "backup priorities do not arrive"},
    Meaning{"mptcp.mp_fail", "", "", "a damaged mapping is not reported: recovery waits for timeouts"},
    Meaning{"mptcp.", "", "", "this MPTCP signal does not arrive as sent"},
    Meaning{"tcp.options", "", "", "an option did not survive; see the candidates"},
    Meaning{"tcp.option_", "", "", "options unknown to a box do not pass: MPTCP probably fares the same"},
    Meaning{"tcp.mss", "", "clamped", "harmless: segments are smaller; mappings (DSS) follow the smaller size"},
    Meaning{"tcp.mss", "", "", "segments may be larger than the path carries"},
    Meaning{"tcp.sack", "", "untranslated",
            "SACK blocks name bytes that were never sent: recovery fails or the subflow stalls after the first loss"},
    Meaning{"tcp.sack", "", "", "loss recovery without selective acknowledgements is slower"},
    Meaning{"tcp.wscale", "", "", "windows are limited or misread: throughput suffers on every subflow"},
    Meaning{"tcp.timestamps", "", "", "round-trip times are measured worse; MPTCP itself is not affected"},
    Meaning{"tcp.flags", "", "",
            "MPTCP needs no bit beyond TCP's own; one of these put in or taken away opens, ends or stalls the subflow"},
    Meaning{
        "tcp.window", "", "",
        "the peer is told of another window than there is: MPTCP's is shared by all subflows, so a smaller one slows "
        "all of them, a larger one loses data (RFC 8684 3.3.4)"},
    Meaning{"tcp.urgent", "", "", "harmless for MPTCP, which has no use for urgent data"},
    Meaning{"tcp.tail", "", "", "options or payload are edited; routers here do not quote enough to say which"},
    Meaning{"tcp.seq", "", "",
            "harmless for MPTCP itself: mappings are relative to the subflow's first sequence number (RFC 8684 3.3.1); "
            "SACK blocks must be translated, too"},
    Meaning{"tcp.ack", "", "untranslated",
            "the connection cannot be set up: sequence numbers are translated in one direction only"},
    Meaning{"tcp.ack", "", "", "the other direction's sequence numbers are translated, too, as they must be"},
    Meaning{"tcp.connection", "", "acknowledged-early",
            "a box acknowledges data that the server has not got: without a DATA_ACK the sender must keep it (RFC 8684 "
            "3.3.2)"},
    Meaning{"tcp.connection", "", "dropped",
            "connections open and then carry nothing: a dead subflow that looks alive"},
    Meaning{"tcp.connection", "", "captive-portal",
            "a portal answers in the server's name until somebody logs in: no MPTCP connection must be built on this "
            "path (RFC 8041 3.10)"},
    Meaning{"tcp.connection", "", "proxied",
            "the proxy ends the connection: MPTCP reaches only as far as the proxy speaks it"},
    Meaning{"tcp.segmentation", "", "coalesced",
            "two segments arrive as one, which has room for one mapping: data without a mapping (RFC 8684 3.3.1)"},
    Meaning{"tcp.segmentation", "", "",
            "one mapping arrives in several segments: the receiver must take a DSS for bytes it has not got yet (RFC "
            "8684 3.3.1)"},
    Meaning{"tcp.segment", "", "duplicated",
            "harmless: a copy of a segment carries the same mapping (RFC 8684 3.3.1); it only costs capacity"},
    Meaning{"tcp.segment", "", "injected",
            "somebody speaks in the client's name: options without a key in them (REMOVE_ADDR, MP_PRIO) are believed "
            "(RFC 8684 5)"},
    Meaning{"tcp.checksum", "", "untranslated",
            "the quote's addresses were translated back and its checksum was not: a NAT is on the way (RFC 8684 3.4.1: "
            "ADD_ADDR shows inner addresses)"},
    Meaning{"tcp.checksum", "", "", "segments arrive with a wrong checksum and are thrown away"},
    Meaning{"tcp.rst", "", "", "connections are cut by somebody who is not the server"},
    Meaning{"tcp.fin", "", "",
            "connections are ended by somebody who is not the server: the subflow closes, data goes on "
            "elsewhere (RFC 8684 3.3.3)"},
    Meaning{"payload", "", "dropped",
            "no data gets through: the subflow stalls, and joins over this path are of no use"},
    Meaning{"payload", "", "",
            "the byte stream is edited: DSS checksums fail (MP_FAIL), without them mappings and data no longer agree "
            "(RFC 8684 3.3.1, 3.7)"},
    Meaning{"ip.src", "", "",
            "the server sees another address: joins work by token, but addresses in ADD_ADDR and MP_JOIN are the inner "
            "ones (RFC 8684 3.2, 3.4.1)"},
    Meaning{"ip.dst", "", "", "the packet goes to another host than was asked for"},
    Meaning{"tcp.sport", "", "", "the server sees another port; joins work by token (RFC 8684 3.2)"},
    Meaning{"tcp.dport", "", "", "the packet goes to another service than was asked for"},
    Meaning{"icmp.error", "", "",
            "somebody says in the server's name that it cannot be reached: hosts may give the subflow up"},
    Meaning{"ip.ttl", "", "lowered", "packets end there: hosts farther away are not reached, with MPTCP or without"},
    Meaning{"ip.ttl", "", "", "harmless for MPTCP; hops behind it cannot be seen"},
    Meaning{"ip.length", "", "dropped",
            "larger segments disappear and nobody is told: transfers stall after the handshake (RFC 2923)"},
    Meaning{"ip.length", "", "", "the packet's length changed: options or payload were edited"},
    Meaning{"ip.fragment", "", "",
            "fragments behind the first show no TCP header: boxes drop them, and path MTU discovery does not work"},
    Meaning{"ip.options", "", "",
            "packets with IP options are slow on many paths, and dropped on some: so is the subflow"},
    Meaning{"ip.extension_headers", "", "",
            "packets with extension headers are dropped on some paths (RFC 7872): so is the subflow"},
    Meaning{"ip.flow_label", "", "",
            "harmless for MPTCP; who balances load by the label may send one subflow over several paths (RFC 6438)"},
    Meaning{"ip.id", "", "", "harmless: it means nothing in a packet that must not be fragmented (RFC 6864 4.1)"},
    Meaning{"udp.", "", "", "of the control probe only: MPTCP does not use UDP"},
    Meaning{"icmp.", "", "", "of the control probe only: MPTCP does not use ICMP echoes"},
    Meaning{"ip.ecn", "", "", "explicit congestion notification does not work over this path"},
    Meaning{"ip.dscp", "", "", "harmless for MPTCP: traffic classes are not kept"},
};

std::string place_back(const TraceReport& r, uint8_t ttl) {  // counted from the destination
  if (ttl == 0) return "the destination";
  if (ttl == kDestination || ttl > r.back_hops.size()) return "us";
  std::string text = fmt::format("hop {} of the way back", ttl);
  if (!r.back_hops[ttl - 1u].addresses.empty())
    text += fmt::format(" ({})", to_text(r.back_hops[ttl - 1u].addresses.front()));
  return text;
}

// Flows may go several ways: the router that this finding's own probes met.
const IpAddress* met(const Observation& o, const TraceFinding& f, uint8_t ttl) {
  for (const ProbeRun& run : o.runs)
    if (std::find(f.probes.begin(), f.probes.end(), run.name) != f.probes.end())
      for (const HopQuote& q : run.quotes)
        if (q.ttl == ttl && q.type != kArrival) return &q.from;
  return nullptr;
}

std::string place(const Observation& o, const TraceReport& r, const TraceFinding& f, uint8_t ttl) {
  if (ttl == 0) return "us";
  if (ttl == kDestination || (r.distance != 0 && ttl >= r.distance)) return "the destination";
  std::string text = fmt::format("hop {}", ttl);
  if (const IpAddress* router = met(o, f, ttl)) return text + fmt::format(" ({})", to_text(*router));
  if (ttl <= r.hops.size() && !r.hops[ttl - 1u].addresses.empty())
    text += fmt::format(" ({})", to_text(r.hops[ttl - 1u].addresses.front()));
  return text;
}

std::string words_for(const TraceFinding& f) {
  const std::string& v = f.verdict;
  const auto from_to = [&](const char* verb) { return fmt::format("{} from {} to {}", verb, f.before, f.after); };
  if (v == "stripped-nop") return "was overwritten with NOPs";
  if (v == "stripped-eol") return "was overwritten with EOL (what stands behind it is lost, too)";
  if (v == "hidden-by-eol") return "stands behind an EOL that was put in front of it: nobody reads it";
  if (v == "stripped-cut") return "was cut out";
  if (v == "stripped") return "was removed";
  if (v == "added") return fmt::format("was added ({})", f.after);
  if (v == "reordered") return fmt::format("changed: {} became {}", f.before, f.after);
  if (v == "clamped") return from_to("was clamped");
  if (v == "nat" || v == "napt" || v == "dnat") return from_to("was translated");
  if (v == "shifted-constant")
    return fmt::format("was shifted by {} in every flow",
                       static_cast<uint32_t>(std::stoul(f.after)) - static_cast<uint32_t>(std::stoul(f.before)));
  if (v == "isn-randomised") return "was replaced by another one in every flow";
  if (v == "dropped" && f.field == "tcp.connection") return "gets no further once it is open; SYNs do";
  if (v == "dropped" && f.field == "ip.length") return fmt::format("of {} does not get through", f.before);
  if (v == "dropped") return "makes the packet disappear; the same packet without it gets through";
  if (v == "reset") return fmt::format("draws a reset ({}); the same packet without it is answered", f.after);
  if (v == "proxied") return fmt::format("is ended by a proxy: {}, {}", f.after, f.before);
  if (v == "captive-portal") return fmt::format("is ended by a captive portal: {}, {}", f.after, f.before);
  if (v == "lowered") return fmt::format("was lowered: {}, {}", f.before, f.after);
  if (v == "duplicated" && f.field == "tcp.segment")
    return fmt::format("comes more than once: {}, {}", f.before, f.after);
  if (v == "duplicated") return "stands there twice";
  if (v == "injected" || v == "acknowledged-early") return fmt::format("comes from a box: {}", f.after);
  if (v == "split" || v == "coalesced") return fmt::format("changed: {} became {}", f.before, f.after);
  if (v == "untranslated" && f.field == "tcp.sack") return fmt::format("was not translated: {}, {}", f.after, f.before);
  if (v == "untranslated" && f.field == "mptcp.dss")
    return fmt::format("was not translated: {}, {}", f.before, f.after);
  if (v == "not-updated") return "was not updated after an edit";
  if (v == "untranslated-quote") return "does not fit the quoted addresses: somebody translated them";
  if (v == "modified" && f.candidates.empty()) return "was modified in a place no router quotes";
  if (v == "modified") {
    std::string list;
    for (const std::string& c : f.candidates) list += (list.empty() ? "" : " or ") + c;
    return "were modified: " + list;
  }
  return f.before.empty() && f.after.empty() ? fmt::format("was {}", v) : from_to(("was " + v).c_str());
}

}  // namespace

void explain(const Observation& o, TraceReport& report) {
  for (TraceFinding& f : report.findings) {
    const std::string carrier = f.segment.empty() ? "" : fmt::format(" in the {}", f.segment);
    const bool unknown_way = f.direction == PathDirection::back && f.interval.lo == 0 && f.interval.hi == kDestination;
    std::string where = unknown_way ? "somewhere on the way back"
                                    : fmt::format("between {} and {}{}", place(o, report, f, f.interval.lo),
                                                  place(o, report, f, f.interval.hi),
                                                  f.direction == PathDirection::either ? ", or on the way back" : "");
    if (f.direction == PathDirection::back && !unknown_way)
      where = fmt::format("between {} and {}", place_back(report, f.interval.lo), place_back(report, f.interval.hi));
    f.sentence = fmt::format("{}{} {}, {}{}", f.field, carrier, words_for(f), where, f.inferred ? " (inferred)" : "");
    const auto it = std::find_if(kMeanings.begin(), kMeanings.end(), [&](const Meaning& m) {
      return f.field.starts_with(m.field) && (m.segment[0] == 0 || f.segment == m.segment) &&
             f.verdict.starts_with(m.verdict);
    });
    f.means = it == kMeanings.end() ? "what this means for MPTCP is not known" : it->text;
  }
  const auto has = [&](const char* field) {
    return std::any_of(report.findings.begin(), report.findings.end(), [&](const TraceFinding& f) {
      return f.field == field && f.segment == "syn" && (f.verdict.starts_with("stripped") || f.verdict == "dropped");
    });
  };
  const auto asked = [&](const char* word) {
    return std::any_of(o.runs.begin(), o.runs.end(),
                       [&](const ProbeRun& r) { return r.spec.has_option(word) && !r.quotes.empty(); });
  };
  if (has("mptcp.mp_capable") && asked("opt"))
    report.notes.push_back({"box.aim", has("tcp.option_253")
                                           ? "the box treats an unknown option alike: it is strict about all of them"
                                           : "an unknown option passes: the box is aimed at MPTCP"});
  for (size_t i = 0; i < report.findings.size(); ++i) {
    std::string list = report.findings[i].field;
    bool first = true, several = false;
    for (size_t k = 0; k < report.findings.size(); ++k) {
      if (k == i || !(report.findings[k].interval == report.findings[i].interval) ||
          report.findings[k].direction != report.findings[i].direction)
        continue;
      first = first && k > i;
      several = true;
      if (list.find(report.findings[k].field) == std::string::npos) list += ", " + report.findings[k].field;
    }
    if (first && several)
      report.notes.push_back({"box.several", fmt::format("in one place, so probably by one box: {}", list)});
  }
}

}  // namespace gauntlet
