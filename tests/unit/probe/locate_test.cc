// Boxes on paper, verdicts and intervals from the definition of each edit (RFC 9293 3.1, RFC 8684, RFC 791).
#include "probe/locate.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "path_model.hh"
#include "wire/options.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;
using Names = std::vector<std::string>;

// "ID (lo,hi]" per finding.
Names brief(const TraceReport& r) {
  Names all;
  for (const TraceFinding& f : r.findings)
    all.push_back(f.id + " (" + std::to_string(f.interval.lo) + "," +
                  (f.interval.hi == kDestination ? "D" : std::to_string(f.interval.hi)) + "]");
  return all;
}
PathModel behind(int router, BoxEdit edit) {
  PathModel m;
  m.after_check[router] = std::move(edit);
  return m;
}
const Names kSyns{"mpcapable", "plain", "mpjoin"};

TEST(Locate, ABoxInARouterShowsAtTheNextHop) {
  for (int router = 1; router <= 4; ++router)
    EXPECT_THAT(brief(locate(observe(behind(router, fill_option(30, kOptNop)), {"mpcapable"}))),
                ElementsAre("mptcp.mp_capable.syn.forward: stripped-nop (" + std::to_string(router) + "," +
                            std::to_string(router + 1) + "]"));
  PathModel m;
  m.before_check[3] = fill_option(30, kOptNop);  // in front of its TTL check
  EXPECT_THAT(brief(locate(observe(m, {"mpcapable"}))),
              ElementsAre("mptcp.mp_capable.syn.forward: stripped-nop (2,3]"));
}

TEST(Locate, NopEolAndCutAreThreeVerdicts) {
  EXPECT_THAT(brief(locate(observe(behind(2, fill_option(30, kOptEol)), {"mpcapable"}))),
              ElementsAre("mptcp.mp_capable.syn.forward: stripped-eol (2,3]"));
  EXPECT_THAT(brief(locate(observe(behind(2, cut_option(30)), {"mpcapable"}))),
              ElementsAre("mptcp.mp_capable.syn.forward: stripped-cut (2,3]"));
}

TEST(Locate, WhatStandsBehindAnEolIsLostToo) {
  // Order: mss sack-ok ts nop ws mpcapable: EOL over the window scale hides MP_CAPABLE.
  EXPECT_THAT(brief(locate(observe(behind(2, fill_option(kOptWscale, kOptEol)), {"mpcapable"}))),
              UnorderedElementsAre("tcp.wscale.syn.forward: stripped-eol (2,3]",
                                   "mptcp.mp_capable.syn.forward: hidden-by-eol (2,3]"));
}

TEST(Locate, ValuesThatChangeAreNamed) {
  const auto mss = locate(observe(behind(2, clamp_mss(1200)), {"plain"}));
  EXPECT_THAT(brief(mss), ElementsAre("tcp.mss.syn.forward: clamped (2,3]"));
  EXPECT_EQ(mss.findings[0].before, "1460");
  EXPECT_EQ(mss.findings[0].after, "1200");
  EXPECT_FALSE(mss.findings[0].inferred);
  // MP_CAPABLE stands last in the SYN, its version at upper-layer offset 20 + 20 + 2.
  EXPECT_THAT(brief(locate(observe(behind(2, write_bytes(42, {0x00})), {"mpcapable"}))),
              ElementsAre("mptcp.mp_capable.syn.forward: changed (2,3]"));
  // mpjoin: token at + 4
  EXPECT_THAT(brief(locate(observe(behind(2, write_bytes(44, {1, 2})), {"mpjoin"}))),
              ElementsAre("mptcp.mp_join.syn.forward: changed (2,3]"));
  EXPECT_THAT(brief(locate(observe(behind(2, write_bytes(40, {254})), {"mpcapable"}))),
              ElementsAre("mptcp.mp_capable.syn.forward: kind-replaced (2,3]"));
}

TEST(Locate, OrderIsSeen) {
  // mss and sack-ok + two NOPs change places: 0204 05b4 | 0402 0101 -> 0402 0101 | 0204 05b4
  const auto spec = std::string("syn/mss=1460/sack-ok/nop/nop/mpcapable");
  const auto r = locate(observe(behind(2, write_bytes(20, {4, 2, 1, 1, 2, 4, 0x05, 0xb4})), {spec}));
  EXPECT_THAT(brief(r), ElementsAre("tcp.options.order.syn.forward: reordered (2,3]"));
}

TEST(Locate, AddedOptionsAreSeen) {
  const auto add = [](Packet& p) {
    Layout l = layout_of(p.bytes());
    TcpEdit edit(p, l);
    const ConstBytes now = edit.view().options();
    std::vector<uint8_t> more(now.begin(), now.end());
    more.insert(more.end(), {76, 4, 1, 1});
    edit.replace_options(more);
  };
  EXPECT_THAT(brief(locate(observe(behind(1, add), {"plain"}))), ElementsAre("tcp.option_76.syn.forward: added (1,2]"));
}

// M3, prober.md 5.2: Δ = 0x0104 = 260 = 1460 - 1200.
TEST(Locate, TheChecksumTellsTheClampAt20QuotedBytes) {
  for (const bool v6 : {false, true}) {
    PathModel m = behind(2, clamp_mss(1200));
    m.quote = 20;
    m.v6 = v6;
    const auto r = locate(observe(m, kSyns));
    EXPECT_THAT(brief(r), ElementsAre("tcp.mss.syn.forward: clamped (2,3]"));
    EXPECT_EQ(r.findings[0].after, "1200");
    EXPECT_TRUE(r.findings[0].inferred);
    EXPECT_EQ(r.findings[0].probes.size(), 3u);
  }
}

TEST(Locate, TheChecksumTellsTheFillAt18QuotedBytes) {
  for (const int quote : {18, 20, 28, 36}) {
    for (const auto& [fill, verdict] : {std::pair{kOptNop, "stripped-nop"}, std::pair{kOptEol, "stripped-eol"}}) {
      PathModel m = behind(3, fill_option(30, fill));
      m.quote = quote;
      EXPECT_THAT(brief(locate(observe(m, {"mpcapable"}))),
                  ElementsAre(std::string("mptcp.mp_capable.syn.forward: ") + verdict + " (3,4]"))
          << quote;
    }
  }
}

TEST(Locate, ACutIsTheOnlyReadingOfALengthThatOneOptionHas) {
  PathModel m = behind(3, cut_option(30));
  m.quote = 8;
  EXPECT_THAT(brief(locate(observe(m, {"mpjoin"}))),
              ElementsAre("mptcp.mp_join.syn.forward: stripped-cut (3,4]"));  // 12 bytes: ts would be 12 with NOPs
}

TEST(Locate, ACutThatTwoOptionsExplainIsToldAsSuch) {
  PathModel m = behind(3, cut_option(30));
  m.quote = 8;
  const auto r = locate(observe(m, {"mpcapable"}));
  EXPECT_THAT(brief(r), ElementsAre("tcp.options.syn.forward: modified (3,4]"));
  EXPECT_THAT(r.findings[0].candidates, testing::Contains("mptcp.mp_capable: stripped-cut"));
  EXPECT_THAT(r.findings[0].candidates, testing::Contains("tcp.mss: stripped-cut"));
}

TEST(Locate, AFullQuoteFurtherOnSettlesAnAmbiguousOne) {
  PathModel m = behind(2, cut_option(30));
  m.quote_of_hop[3] = 8;
  EXPECT_THAT(brief(locate(observe(m, {"mpcapable"}))),
              ElementsAre("mptcp.mp_capable.syn.forward: stripped-cut (2,3]"));
}

TEST(Locate, AnUnknownEditBehindTheQuoteIsToldAsThat) {
  PathModel m = behind(3, write_bytes(24 + 2 + 2, {9, 9}));  // TSval
  m.quote = 20;
  EXPECT_THAT(brief(locate(observe(m, {"plain"}))), ElementsAre("tcp.tail.syn.forward: modified (3,4]"));
}

TEST(Locate, WidthHasItsReasons) {
  PathModel m = behind(2, fill_option(30, kOptNop));
  m.routers = 7;
  m.silent = {3};
  m.quote_of_hop[4] = 8;
  const auto r = locate(observe(m, {"mpcapable"}));
  EXPECT_THAT(brief(r), ElementsAre("mptcp.mp_capable.syn.forward: stripped-nop (2,5]"));
  EXPECT_THAT(r.findings[0].interval.wide_because, ElementsAre("hop 3: silent", "hop 4: not-covered"));
}

TEST(Locate, AnUnchangedChecksumNarrowsTheInterval) {
  PathModel m = behind(3, fill_option(30, kOptNop));
  m.quote_of_hop = {{2, 8}, {3, 20}};
  EXPECT_THAT(brief(locate(observe(m, {"mpcapable"}))),
              ElementsAre("mptcp.mp_capable.syn.forward: stripped-nop (3,4]"));
}

TEST(Locate, ABoxThatForgetsTheChecksumIsSeenAndNarrowsNothing) {
  const auto forget = [](Packet& p) {
    const Layout l = layout_of(p.bytes());
    const Option o = find_option(TcpView(p.bytes(), l).options(), 30);
    if (o.size != 0) std::fill_n(p.data() + l.options + o.offset, o.size, kOptNop);
  };
  PathModel m = behind(2, forget);
  m.quote_of_hop = {{3, 20}};
  EXPECT_THAT(brief(locate(observe(m, {"mpcapable"}))),
              UnorderedElementsAre("mptcp.mp_capable.syn.forward: stripped-nop (2,4]",
                                   "tcp.checksum.forward: not-updated (2,4]"));
}

TEST(Locate, TwoBoxesAreTwoFindings) {
  PathModel m = behind(1, clamp_mss(1400));
  m.after_check[4] = fill_option(30, kOptNop);
  EXPECT_THAT(brief(locate(observe(m, kSyns))), UnorderedElementsAre("tcp.mss.syn.forward: clamped (1,2]",
                                                                     "mptcp.mp_capable.syn.forward: stripped-nop (4,5]",
                                                                     "mptcp.mp_join.syn.forward: stripped-nop (4,5]"));
}

// Another length behind the second box moves nothing that the first one did.
TEST(Locate, AReplacedKindStaysOneBehindABoxThatAddsAnOption) {
  PathModel m = behind(1, write_bytes(40, {254}));  // MP_CAPABLE's kind
  m.after_check[3] = [](Packet& p) {
    Layout l = layout_of(p.bytes());
    TcpEdit edit(p, l);
    std::vector<uint8_t> more{76, 4, 1, 2};
    const ConstBytes now = edit.view().options();
    more.insert(more.end(), now.begin(), now.end());
    edit.replace_options(more);
  };
  EXPECT_THAT(brief(locate(observe(m, {"mpcapable"}))),
              UnorderedElementsAre("mptcp.mp_capable.syn.forward: kind-replaced (1,2]",
                                   "tcp.option_76.syn.forward: added (3,4]"));
}

TEST(Locate, SequenceShiftIsTheSameForAllFlowsOrNot) {
  EXPECT_THAT(brief(locate(observe(behind(2, shift_seq(0x01020304)), {"plain", "mpcapable"}))),
              testing::Contains("tcp.seq.forward: shifted-constant (2,3]"));
  const auto random = [](Packet& p) {  // another shift per flow, here: by port
    Layout l = layout_of(p.bytes());
    TcpEdit edit(p, l);
    edit.set_seq(edit.view().seq() + 0x10001u * edit.view().source());
  };
  EXPECT_THAT(brief(locate(observe(behind(2, random), {"plain", "mpcapable"}))),
              testing::Contains("tcp.seq.forward: isn-randomised (2,3]"));
}

TEST(Locate, AddressesPortsAndTrafficClass) {
  const auto nat = [](Packet& p) {
    Layout l = layout_of(p.bytes());
    set_source_address(p, l, parse_ip_address("203.0.113.9")->bytes());
    if (l.tcp) TcpEdit(p, l).set_source(61000);
  };
  EXPECT_THAT(brief(locate(observe(behind(2, nat), {"plain"}))),
              UnorderedElementsAre("ip.src.forward: nat (2,3]", "tcp.sport.forward: napt (2,3]"));
  const auto bleach = [](Packet& p) { p.data()[1] = 0; };
  EXPECT_THAT(brief(locate(observe(behind(4, bleach), {"ecn"}))),
              UnorderedElementsAre("ip.dscp.forward: bleached (4,5]", "ip.ecn.forward: bleached (4,5]"));
}

TEST(Locate, AQuoteWhoseChecksumAloneDiffersShowsANat) {
  // The NAT puts the old address back into the quote and leaves the inner checksum: RFC 5508 4.2 asks for more, many do
  // not.
  PathModel m;
  for (const int hop : {3, 4, 5})
    m.of_quote[hop] = [](Packet& p) { store16(p.data() + 36, static_cast<uint16_t>(load16(p.data() + 36) + 77)); };
  EXPECT_THAT(brief(locate(observe(m, {"plain"}))), ElementsAre("tcp.checksum.forward: untranslated-quote (2,3]"));
}

// What a first box filled with EOL, a second one may put something else in the place of: the option was lost at the
// first.
TEST(Locate, AnOptionThatIsGoneIsNotTakenOutAgain) {
  PathModel m = behind(2, fill_option(30, kOptEol));
  m.after_check[4] = [](Packet& p) {
    Layout l = layout_of(p.bytes());
    const auto block = p.bytes().subspan(l.options, l.options_size);
    std::vector<uint8_t> kept(block.begin(), block.end());
    while (kept.back() == kOptEol) kept.pop_back();
    kept.insert(kept.end(), {76, 4, 1, 2});
    ASSERT_TRUE(TcpEdit(p, l).replace_options(kept));
  };
  EXPECT_THAT(brief(locate(observe(m, {"mpcapable"}))),
              UnorderedElementsAre("mptcp.mp_capable.syn.forward: stripped-eol (2,3]",
                                   "tcp.option_76.syn.forward: added (4,5]"));
}

TEST(Locate, PayloadEditsAndSplits) {
  const auto grow = [](Packet& p) {
    Layout l = layout_of(p.bytes());
    TcpEdit(p, l).replace_payload(5, 1, std::vector<uint8_t>{'2', '0'});
  };
  EXPECT_THAT(brief(locate(observe(behind(2, grow), {"ftp-port"}))), ElementsAre("payload.data.forward: edited (2,3]"));
  EXPECT_THAT(brief(locate(observe(behind(2, write_bytes(32 + 20, {'X'})), {"http"}))),
              testing::Contains("payload.data.forward: edited (2,3]"));
}

TEST(Locate, MptcpAloneIsDropped) {
  PathModel m;
  m.drop_at = 3;
  m.dropped_behind = {"mpcapable"};
  const auto r = locate(observe(m, kSyns));
  EXPECT_THAT(brief(r), ElementsAre("mptcp.mp_capable.syn.forward: dropped (3,4]"));
  m.silent = {4};
  EXPECT_THAT(brief(locate(observe(m, kSyns))), ElementsAre("mptcp.mp_capable.syn.forward: dropped (3,5]"));
  m.silent = {};
  m.drop_at = 5;  // behind the last router
  EXPECT_THAT(brief(locate(observe(m, kSyns))), ElementsAre("mptcp.mp_capable.syn.either: dropped (5,D]"));
}

// The four rows of the MP_JOIN oracle (RFC 8684 3.2: unknown token, reset).
TEST(Locate, TheJoinOracle) {
  EXPECT_THAT(brief(locate(observe({}, kSyns))), ElementsAre());       // MPTCP listener
  const auto plain = locate(observe({.server_mptcp = false}, kSyns));  // plain TCP listener
  EXPECT_THAT(brief(plain), ElementsAre());
  EXPECT_THAT(brief(locate(observe({.strip_synack = true}, kSyns))),
              ElementsAre("mptcp.mp_capable.synack.return: stripped (0,D]"));
  EXPECT_THAT(brief(locate(observe(behind(3, fill_option(30, kOptNop)), kSyns))),
              UnorderedElementsAre("mptcp.mp_capable.syn.forward: stripped-nop (3,4]",
                                   "mptcp.mp_join.syn.forward: stripped-nop (3,4]"));
}

// Routers 4 and 5 of five are silent, the SYN/ACK has no MP_CAPABLE: it was taken from the SYN behind them, or on the
// way back.
TEST(Locate, BehindSilentHopsEitherWayMayHaveLostIt) {
  for (const bool on_the_way_back : {true, false}) {
    PathModel m;
    m.silent = {4, 5};
    m.strip_synack = on_the_way_back;
    if (!on_the_way_back)
      m.after_check[4] = [](Packet& p) {  // another version, of MP_CAPABLE alone: MP_JOIN gets there
        const Layout l = layout_of(p.bytes());
        if (!l.tcp) return;
        const Option o = find_option(TcpView(p.bytes(), l).options(), kOptMptcp);
        if (o.size == 4) write_bytes(20u + o.offset + 2u, {0x00})(p);
      };
    const auto r = locate(observe(m, kSyns));
    EXPECT_THAT(brief(r), ElementsAre());
    ASSERT_EQ(r.notes.size(), 1u);
    EXPECT_EQ(r.notes[0].id, "server.no-mptcp");
    EXPECT_THAT(r.notes[0].text, testing::HasSubstr("between hop 3 and the server"));
    EXPECT_THAT(r.notes[0].text, testing::Not(testing::HasSubstr("does not speak")));
  }
}

TEST(Locate, AProxyAndATtlRewriterAreToldApart) {
  EXPECT_THAT(brief(locate(observe({.proxy_at = 3}, {"mpcapable", "plain", "mpjoin", "udp"}))),
              ElementsAre("tcp.connection.forward: proxied (2,3]"));
  PathModel m;
  m.raise_ttl_at = 3;
  m.raise_by = 3;
  EXPECT_THAT(brief(locate(observe(m, {"mpcapable", "plain", "mpjoin", "udp"}))),
              ElementsAre("ip.ttl.forward: raised (3,4]"));
}

// RFC 1812 5.2.7.1: a router without a route says so of everything that gets to it. No hop stands behind it, and
// nothing is said of TTLs.
TEST(Locate, ARouterThatTurnsAllBackIsTheEndOfThePathAndNoInterference) {
  for (const bool v6 : {false, true}) {
    PathModel m;
    m.v6 = v6;
    Observation o = observe(m, kSyns);
    for (ProbeRun& run : o.runs) {
      run.replies.clear();
      std::erase_if(run.quotes, [](const HopQuote& q) { return q.ttl > 2; });
      for (uint8_t ttl = 3; ttl <= 6; ++ttl) {
        HopQuote q = run.quotes.back();
        q.ttl = ttl;
        q.type = v6 ? 1 : 3;
        q.code = v6 ? 0 : 1;
        q.quote = run.sent[ttl - 1u];
        run.quotes.push_back(std::move(q));
      }
    }
    const auto r = locate(o);
    EXPECT_THAT(brief(r), ElementsAre());
    EXPECT_EQ(r.reach, Reach::unreachable);
    EXPECT_EQ(r.hops.size(), 3u);
    ASSERT_EQ(r.notes.size(), 1u);
    EXPECT_EQ(r.notes[0].id, "path.unreachable");
  }
}

TEST(Locate, AHopThatContradictsIsSentAgainOverAnotherFlow) {
  PathModel m = behind(1, clamp_mss(1200));
  m.after_check[3] = clamp_mss(1460);
  const auto r = locate(observe(m, {"plain"}));
  EXPECT_THAT(brief(r), ElementsAre("tcp.mss.syn.forward: clamped (1,2]"));
  EXPECT_THAT(r.inconsistent, ElementsAre("plain"));
}

TEST(Locate, SentencesSayWhatWhereAndWhatItMeans) {
  const auto r = locate(observe(behind(3, fill_option(30, kOptNop)), {"mpcapable", "unknown"}));
  ASSERT_EQ(r.findings.size(), 1u);
  EXPECT_EQ(r.findings[0].sentence,
            "mptcp.mp_capable in the syn was overwritten with NOPs, between hop 3 (10.0.3.1) and hop 4 (10.0.4.1)");
  EXPECT_EQ(r.findings[0].means, "every connection falls back to plain TCP in the handshake (RFC 8684 3.7)");
  EXPECT_EQ(r.notes.at(0).id, "box.aim");
}

}  // namespace
}  // namespace gauntlet
