// Verdicts and notes that no box of the catalogue draws: made by hand from the definition of each field (RFC 791, RFC
// 8200, RFC 768, RFC 792, RFC 9293, RFC 8684). tests/meta/every_id_tested.py wants every one of them named here or
// elsewhere.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "path_model.hh"
#include "probe/locate.hh"
#include "probe/match.hh"
#include "wire/options.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using Names = std::vector<std::string>;

Names brief(const TraceReport& r) {
  Names all;
  for (const TraceFinding& f : r.findings)
    all.push_back(f.id + " (" + std::to_string(f.interval.lo) + "," +
                  (f.interval.hi == kDestination ? "D" : std::to_string(f.interval.hi)) + "]");
  return all;
}
Names note_ids(const TraceReport& r) {
  Names all;
  for (const TraceNote& n : r.notes) all.push_back(n.id);
  return all;
}
std::string note(const TraceReport& r, const std::string& id) {
  for (const TraceNote& n : r.notes)
    if (n.id == id) return n.text;
  return "";
}
// In router 2, behind its TTL check.
PathModel edited(BoxEdit edit, bool v6 = false) {
  PathModel m;
  m.v6 = v6;
  m.after_check[2] = std::move(edit);
  return m;
}
BoxEdit at(size_t offset, std::vector<uint8_t> bytes) {  // from the IP header on, and no checksum follows
  return [=](Packet& p) { std::copy(bytes.begin(), bytes.end(), p.data() + offset); };
}
void insert(Packet& p, size_t offset, std::vector<uint8_t> bytes) {
  std::vector<uint8_t> whole(p.bytes().begin(), p.bytes().end());
  whole.insert(whole.begin() + static_cast<long>(offset), bytes.begin(), bytes.end());
  p = Packet(whole);
}
Names found(BoxEdit edit, const char* probe, bool v6 = false) {
  return brief(locate(observe(edited(std::move(edit), v6), {probe})));
}

// RFC 791 3.1: byte 1 is DSCP and ECN (RFC 2474, RFC 3168), 2 the total length, 4 the identification, 6 flags and
// offset.
TEST(Named, FieldsOfTheIpv4Header) {
  EXPECT_THAT(found(at(1, {12 << 2 | 2}), "ecn"), ElementsAre("ip.dscp.forward: changed (2,3]"));
  EXPECT_THAT(found(at(4, {0xab, 0xcd}), "plain"), ElementsAre("ip.id.forward: changed (2,3]"));
  EXPECT_THAT(found(at(6, {0x00, 0x00}), "plain"), ElementsAre("ip.fragment.forward: changed (2,3]"));  // DF was set
  const auto options = [](Packet& p) {
    insert(p, 20, {1, 1, 1, 0});  // three No Operations, End of Option List
    p.data()[0] = 0x46;
    store16(p.data() + 2, static_cast<uint16_t>(load16(p.data() + 2) + 4));
  };
  EXPECT_THAT(found(options, "plain"), ElementsAre("ip.options.forward: changed (2,3]"));
  PathModel shorter = edited([](Packet& p) { store16(p.data() + 2, static_cast<uint16_t>(load16(p.data() + 2) - 2)); });
  shorter.quote = 8;
  EXPECT_THAT(brief(locate(observe(shorter, {"udp"}))), Contains("ip.length.forward: shrunk (2,3]"));
}

// RFC 8200 4.6: a destination options header of eight bytes, PadN in it; the upper layer's number moves into it.
const BoxEdit kExtensionHeader = [](Packet& p) {
  insert(p, 40, {p.data()[6], 0, 1, 4, 0, 0, 0, 0});
  p.data()[6] = 60;
  store16(p.data() + 4, static_cast<uint16_t>(load16(p.data() + 4) + 8));
};

TEST(Named, FieldsOfTheIpv6Header) {
  EXPECT_THAT(found(at(1, {0x05, 0x43, 0x21}), "plain", true), ElementsAre("ip.flow_label.forward: changed (2,3]"));
  EXPECT_THAT(found(kExtensionHeader, "plain", true), Contains("ip.extension_headers.forward: added (2,3]"));
}

// A quote with an extension header in front of TCP is that of our probe all the same.
TEST(Named, AQuoteBehindAnExtensionHeaderIsOurs) {
  const Observation o = observe({.v6 = true}, {"mpcapable", "plain"});
  for (const size_t run : {0u, 1u}) {
    Packet p(o.runs[run].sent[2]);
    kExtensionHeader(p);
    HopQuote q;
    q.quote.assign(p.bytes().begin(), p.bytes().end());
    const auto m = match_quote(o.runs, q);
    ASSERT_TRUE(m);
    EXPECT_EQ(m->run, run);
    EXPECT_EQ(m->ttl, 3);
  }
}

// RFC 768 and RFC 792: ports, length, checksum; identifier and sequence number.
TEST(Named, FieldsOfTheControls) {
  EXPECT_THAT(found(at(22, {0x12, 0x34}), "udp"), Contains("udp.dport.forward: dnat (2,3]"));
  EXPECT_THAT(found(at(22, {0x12, 0x34}), "udp"), Contains("udp.checksum.forward: broken (2,3]"));
  EXPECT_THAT(found(at(26, {0x12, 0x34}), "udp"), Contains("udp.checksum.forward: untranslated-quote (2,3]"));
  EXPECT_THAT(found(at(24, {0, 9}), "udp"), Contains("udp.length.forward: changed (2,3]"));
  EXPECT_THAT(found(at(24, {0x12, 0x34}), "icmp"), Contains("icmp.id.forward: changed (2,3]"));
  EXPECT_THAT(found(at(26, {0x12, 0x34}), "icmp"), Contains("icmp.seq.forward: changed (2,3]"));
}

TEST(Named, OptionsAndPayload) {
  EXPECT_THAT(found(clamp_mss(1600), "plain"), ElementsAre("tcp.mss.syn.forward: raised (2,3]"));
  // MP_CAPABLE (four bytes, last in the SYN) makes room for two SACK permitted, RFC 2018 2.
  EXPECT_THAT(found(write_bytes(40, {4, 2, 4, 2}), "mpcapable"),
              Contains("mptcp.mp_capable.syn.forward: overwritten (2,3]"));
  const auto longer = [](Packet& p) {
    Layout l = layout_of(p.bytes());
    TcpEdit(p, l).replace_payload(l.payload_size, 0, std::vector<uint8_t>{'x', 'y'});
  };
  EXPECT_THAT(found(longer, "ftp-port"), Contains("payload.data.forward: lengthened (2,3]"));
}

std::vector<uint8_t> answer(const ProbeRun& run, const char* spec, uint8_t ttl, uint32_t ack) {
  ProbeFlow back;
  back.source = run.flow.destination;
  back.destination = run.flow.source;
  back.source_port = run.flow.destination_port;
  back.destination_port = run.flow.source_port;
  back.seq = 777;
  back.ack = ack;
  return craft(parse_spec(spec), back, ttl);
}

// RFC 8684 3.1: who does not know MP_CAPABLE ignores it, and answers with a SYN/ACK. A reset is somebody's refusal.
TEST(Named, AResetOfMptcpAlone) {
  Observation o = observe({}, {"mpcapable", "plain"});
  o.runs[0].replies = {{6, {}, answer(o.runs[0], "rst/ack", 60, o.runs[0].flow.seq + 1)}};
  const TraceReport r = locate(o);
  EXPECT_THAT(brief(r), ElementsAre("mptcp.mp_capable.syn.either: reset (5,D]"));
  EXPECT_THAT(r.findings[0].sentence, HasSubstr("RST from 5 hops away"));
  o.runs[1].replies = {{6, {}, answer(o.runs[1], "rst/ack", 60, o.runs[1].flow.seq + 1)}};
  EXPECT_THAT(brief(locate(o)), IsEmpty());  // the same answer to both: it is no matter of MPTCP
}

// RFC 9293 3.10.7.3: a SYN/ACK acknowledges the SYN's number plus one.
TEST(Named, AnAcknowledgementOfANumberThatWasNotSent) {
  Observation o = observe({}, {"plain"});
  for (ProbeReply& reply : o.runs[0].replies)
    reply.packet = answer(o.runs[0], "synack/mss=1460", 59, o.runs[0].flow.seq + 1 + 5000);
  EXPECT_THAT(brief(locate(o)), ElementsAre("tcp.ack.return: untranslated (0,D]"));
}

// One host does not both accept and refuse (RFC 9293 3.10.7.2, 3.10.7.3), and not from two distances.
TEST(Named, AResetBesideTheSynAck) {
  Observation o = observe({}, {"plain"});
  o.runs[0].replies.push_back({6, {}, answer(o.runs[0], "rst/ack", 62, o.runs[0].flow.seq + 1)});
  const TraceReport r = locate(o);
  EXPECT_THAT(brief(r), ElementsAre("tcp.rst.syn.either: injected (0,D]"));
  EXPECT_EQ(r.findings[0].before, "SYN/ACK from 6 hops away");
  EXPECT_EQ(r.findings[0].after, "RST from 3 hops away");
}

// The server ends the connection of our copies, as RFC 8684 3.5 has it do after MP_FASTCLOSE: that is no box nearer
// than it, also where the first SYN that tells how far it is was not answered.
TEST(Named, TheServersOwnResetIsNotInjected) {
  PathModel m;
  m.one_flow = true;
  Observation o = observe(m, {"mpcapable", "plain", "data"});
  ProbeRun& copies = o.runs[2];
  copies.copies_only = true;
  copies.replies = {{0, {}, answer(copies, "rst/ack", 59, copies.flow.seq)}};
  EXPECT_THAT(brief(locate(o)), IsEmpty());
  o.runs[0].replies.clear();
  EXPECT_THAT(brief(locate(o)), testing::Not(Contains(HasSubstr("injected"))));
  copies.replies = {{0, {}, answer(copies, "rst/ack", 61, copies.flow.seq)}};
  EXPECT_THAT(brief(locate(o)), Contains("tcp.rst.forward: injected (3,5]"));
}

TEST(Named, LossThatNoRuleExplains) {
  PathModel m;
  m.drop_at = 3;
  m.dropped_behind = {"dss8", "ack3"};  // no option, payload or size in common that others do not have
  Observation o = observe(m, {"plain", "dss8", "ack3", "dss4", "data", "addaddr"});
  for (ProbeRun& run : o.runs) run.tries = 6;
  const TraceReport r = locate(o);
  EXPECT_THAT(brief(r), IsEmpty());
  EXPECT_THAT(note_ids(r), ElementsAre("path.lossy"));
  EXPECT_THAT(note(r, "path.lossy"), HasSubstr("2 probes get no further than hop 3"));
}

TEST(Named, SilenceOfRoutersThatLimitProvesNoDrop) {
  PathModel m;
  m.drop_at = 3;
  m.dropped_behind = {"mpcapable"};
  Observation o = observe(m, {"mpcapable", "plain"});
  o.runs[0].limited = {4};
  EXPECT_THAT(brief(locate(o)), IsEmpty());
  EXPECT_THAT(note_ids(locate(o)), ElementsAre("probe.unanswered"));
  o.runs[0].limited = {};
  EXPECT_THAT(brief(locate(o)), ElementsAre("mptcp.mp_capable.syn.forward: dropped (3,4]"));
}

TEST(Named, SeveralFieldsInOnePlaceAreOneBox) {
  const auto both = [](Packet& p) {
    clamp_mss(1200)(p);
    fill_option(30, kOptNop)(p);
  };
  EXPECT_EQ(note(locate(observe(edited(both), {"mpcapable"})), "box.several"),
            "in one place, so probably by one box: mptcp.mp_capable, tcp.mss");
  PathModel apart = edited(clamp_mss(1200));
  apart.after_check[4] = fill_option(30, kOptNop);
  EXPECT_THAT(note_ids(locate(observe(apart, {"mpcapable"}))), Not(Contains("box.several")));
}

// RFC 791 3.1 has the length in network byte order; some stacks swap it in place before they quote.
TEST(Named, ALengthQuotedInAnotherByteOrderIsTheRoutersDamage) {
  PathModel m;
  m.of_quote[3] = [](Packet& p) { std::swap(p.data()[2], p.data()[3]); };
  const TraceReport r = locate(observe(m, {"plain"}));
  EXPECT_THAT(brief(r), IsEmpty());
  EXPECT_THAT(note_ids(r), ElementsAre("quote.damaged"));
  EXPECT_THAT(note(r, "quote.damaged"), HasSubstr("hop 3 (10.0.3.1) quotes ip.length"));
}

// A router's error leaves with 64, 128 or 255 and loses one at every hop (RFC 791 3.2): three less than the way there
// explains is a longer way back, or something that was raised on the way there. One less may be another interface's.
TEST(Named, AnswersFromFartherAwayThanTheirHop) {
  const Names battery{"mpcapable", "plain", "mpjoin", "udp"};
  for (const bool v6 : {false, true})
    for (const int first : {1, 3, 5}) {
      Observation o = observe({.v6 = v6}, battery);
      for (ProbeRun& run : o.runs)
        for (HopQuote& q : run.quotes)
          if (q.ttl >= first) q.reply_ttl = static_cast<uint8_t>(q.reply_ttl - 3);
      const TraceReport r = locate(o);
      EXPECT_THAT(brief(r), IsEmpty());
      EXPECT_THAT(note_ids(r), ElementsAre("path.longer-back"));
      EXPECT_THAT(note(r, "path.longer-back"), HasSubstr("from hop " + std::to_string(first) + " on,"));
      EXPECT_THAT(note(r, "path.longer-back"), HasSubstr("a box behind hop " + std::to_string(first - 1) + " raises"));
    }
  Observation one = observe({}, battery);
  for (ProbeRun& run : one.runs)
    for (HopQuote& q : run.quotes) q.reply_ttl = static_cast<uint8_t>(q.reply_ttl - 1);
  EXPECT_THAT(note_ids(locate(one)), IsEmpty());
  EXPECT_THAT(note_ids(locate(observe({}, battery))), IsEmpty());
}

// One half of a segment.
BoxEdit half(bool later) {
  return [later](Packet& p) {
    Layout l = layout_of(std::as_const(p).bytes());
    if (!l.tcp || l.payload_size < 2) return;
    TcpEdit edit(p, l);
    const uint32_t size = l.payload_size / 2;
    if (later) edit.set_seq(edit.view().seq() + size);
    edit.replace_payload(later ? 0 : size, later ? size : l.payload_size - size, {});
  };
}

// A router that limits may quote the last piece only, and another one the first: a split, and no number was shifted.
TEST(Named, ASplitOfWhichRoutersQuoteDifferentPieces) {
  for (const bool v6 : {false, true})
    for (const int quote : {-1, 8, 12, 16, 20, 40}) {
      PathModel first{.v6 = v6, .quote = quote}, later = first;
      first.after_check[2] = half(false), later.after_check[2] = half(true);
      Observation o = observe(first, {"plain", "data", "dss8"});
      const Observation last = observe(later, {"plain", "data", "dss8"});
      for (size_t i = 0; i < o.runs.size(); ++i) {
        std::erase_if(o.runs[i].quotes, [](const HopQuote& q) { return q.ttl == 4; });
        for (const HopQuote& q : last.runs[i].quotes)
          if (q.ttl == 4) o.runs[i].quotes.push_back(q);
      }
      const TraceReport r = locate(o);
      std::vector<std::string> ids;
      for (const TraceFinding& f : r.findings) ids.push_back(f.id);
      EXPECT_THAT(ids, ElementsAre("tcp.segmentation.forward: split")) << quote << " bytes, IPv" << (v6 ? 6 : 4);
      if (r.findings.empty()) continue;
      const HopInterval& i = r.findings[0].interval;
      EXPECT_EQ(i.hi, 3);
      // Whole segments in front of it show where a quote covers the payload; a shorter one says less, never the wrong.
      const uint8_t owed = quote < 0 || quote >= 20 ? 2 : 0;
      EXPECT_GE(i.lo, owed);
      EXPECT_LE(i.lo, 2);
    }
}

}  // namespace
}  // namespace gauntlet
